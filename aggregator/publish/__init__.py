"""From what is remembered to what is published: choose, sign, render, keep. Reads the store, never writes it."""
