"""`python -m aggregator` and the command `aggregator`. Imports nothing until it is called, so that helper processes
that import this module again stay small."""


def main() -> None:
    """Run the command line."""
    from aggregator.cli import cli

    cli(prog_name="aggregator")


if __name__ == "__main__":
    main()
