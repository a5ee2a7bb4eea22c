"""The kernels in NumPy: each function has a kernel's name, parameters and results, and says what the kernel must give.

Buffers are flat arrays over what lies from the pointer on, outputs are written in place. Where the CPU path has a
function for it, that function is called. For tests and `python -m scripts.prove.gpu`; no photo's way leads through here.
"""
