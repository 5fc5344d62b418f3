"""What the commands do: opens the store, runs the wings, asks how sources are, reads one document, cleans again."""
