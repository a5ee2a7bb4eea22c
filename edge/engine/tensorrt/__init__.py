"""The board's own TensorRT engine: planned, built in a child process, kept under a key that names all it depends on."""
