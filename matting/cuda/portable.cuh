// What lets one source be CUDA and plain C++ (C++17, CUDA 12.2 and later): a kernel is a function that one thread
// runs for one pixel, at COLUMN and ROW. As plain C++ the caller sets those two and calls it for every pixel.
#pragma once

#ifdef __CUDACC__
#define KERNEL extern "C" __global__ void
#define DEVICE static __device__ __forceinline__
#define COLUMN static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x)
#define ROW static_cast<int>(blockIdx.y * blockDim.y + threadIdx.y)
#else
#include <cmath>
#define KERNEL static void
#define DEVICE static inline
static thread_local int COLUMN, ROW;
#endif

typedef unsigned char u8;
typedef unsigned short u16;
typedef long long i64;

DEVICE int at_least(int a, int b) { return a > b ? a : b; }
DEVICE int at_most(int a, int b) { return a < b ? a : b; }
DEVICE u8 level(float value) { return static_cast<u8>(fminf(fmaxf(rintf(value), 0.0f), 255.0f)); }

// The index inside 0..length that a border shows in place of `index`. skip 0: cba|abc (OpenCV's BORDER_REFLECT);
// skip 1: dcb|abc (BORDER_REFLECT_101).
DEVICE int reflected(int index, int length, int skip) {
    if (length == 1) return 0;
    while (index < 0 || index >= length) index = index < 0 ? -index - 1 + skip : 2 * length - 1 - index - skip;
    return index;
}

// The two of `low` samples that `position` (0: the centre of the first) lies between, and how near it is to the second.
struct Between {
    int first, second;
    float share;
};
DEVICE Between between(float position, int low) {
    position = fminf(fmaxf(position, 0.0f), low - 1.0f);
    const int first = static_cast<int>(position);
    return {first, at_most(first + 1, low - 1), position - first};
}
// Where the centre of pixel `index` of `size` lies among `low` samples. In single precision, 1e-4 of a sample off at the
// most (photos of 16384 pixels a side): double precision is 64 times slower on an Orin, and this runs in every pixel.
DEVICE float position_of(int index, int low, int size) { return (index + 0.5f) * (static_cast<float>(low) / size) - 0.5f; }
DEVICE float blended(const float *plane, int width, Between y, Between x) {
    const float *upper = plane + static_cast<i64>(y.first) * width, *lower = plane + static_cast<i64>(y.second) * width;
    const float top = upper[x.first] + x.share * (upper[x.second] - upper[x.first]);
    const float bottom = lower[x.first] + x.share * (lower[x.second] - lower[x.first]);
    return top + y.share * (bottom - top);
}
