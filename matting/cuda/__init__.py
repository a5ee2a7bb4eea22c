"""What surrounds the network, on an NVIDIA GPU: kernels, memory, and the thread that owns them."""
