"""config.yaml: read with lines, checked all at once, and handed out as `Settings`.

    bytes ─text, document─▶ nodes ─plain─▶ values ─shapes─▶ ConfigFile ─resolve─▶ Settings

`load.load` runs the whole way. Everything after it works with `settings` alone and never sees YAML.
"""
