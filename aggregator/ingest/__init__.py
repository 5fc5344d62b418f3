"""The writing wing: claims due sources, fetches and reads them, and stores what they carry. Never imports `publish`."""
