"""A camera beside the hot folder: a process of its own, in which GStreamer, the shutter and live video may fail alone."""
