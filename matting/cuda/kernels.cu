// All kernels. Compiled once on the board: nvcc -cubin -arch=sm_87 kernels.cu
#include "resize.cuh"
#include "guided.cuh"
#include "controls.cuh"
#include "colours.cuh"
