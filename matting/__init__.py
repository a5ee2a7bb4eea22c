"""Portrait matting: bytes and arrays in, bytes and arrays out. Knows no folder, camera, clock or service."""
