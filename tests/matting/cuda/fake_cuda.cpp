// Stands in for NVIDIA's driver, libcuda.so.1, under the real pycuda: its "device" memory is the host's, and its kernels
// are ours as plain C++. What it does not show: asynchronous work, the GPU's own arithmetic, speed.
//
// FAKE_CUDA="cuLaunchKernel=700@3" makes that call fail with that error the third time. As on a real GPU
// everything fails from then on, but after 2 (out of memory),
// which is that one call's and the next one's: pycuda collects garbage and tries again.
#include "host.cpp"

#include <cstdio>
#include <cstdlib>
#include <map>

static int lost;                        // the error that everything answers
static std::map<void *, size_t> held;   // device memory
static int calls;                       // of the one that is to fail

static int answer(const char *name) {
    if (lost) return lost;
    const char *fault = std::getenv("FAKE_CUDA");
    char wanted[64];
    int error = 0, from = 1;
    if (!fault || std::sscanf(fault, "%63[^=]=%d@%d", wanted, &error, &from) < 2 || std::strcmp(wanted, name)) return 0;
    if (++calls < from || (error == 2 && calls > from + 1)) return 0;
    if (error != 2) lost = error;
    return error;
}
extern "C" int cuGetErrorString(int error, const char **text) {
    *text = error == 100 ? "no CUDA-capable device is detected" : error == 2 ? "out of memory"
          : error == 700 ? "an illegal memory access was encountered" : "unknown error";
    return 0;
}
extern "C" int cuDriverGetVersion(int *version) { return *version = 13000, 0; }
extern "C" int cuInit(unsigned) { return answer("cuInit"); }
extern "C" int cuDeviceGetCount(int *count) { return *count = 1, answer("cuDeviceGetCount"); }
extern "C" int cuDeviceGet(int *device, int) { return *device = 0, answer("cuDeviceGet"); }
extern "C" int cuDeviceGetName(char *name, int length, int) {
    return std::snprintf(name, length, "no GPU: the kernels as C++"), answer("cuDeviceGetName");
}
extern "C" int cuDeviceComputeCapability(int *major, int *minor, int) {
    return *major = 8, *minor = 7, answer("cuDeviceComputeCapability");
}
extern "C" int cuDeviceGetAttribute(int *value, int, int) { return *value = 8, answer("cuDeviceGetAttribute"); }
extern "C" int cuDevicePrimaryCtxRetain(void **context, int) { return *context = &lost, answer("cuDevicePrimaryCtxRetain"); }
extern "C" int cuDevicePrimaryCtxRelease_v2(int) { return answer("cuDevicePrimaryCtxRelease"); }
extern "C" int cuCtxPushCurrent_v2(void *) { return answer("cuCtxPushCurrent"); }
extern "C" int cuCtxPopCurrent_v2(void **context) { return *context = &lost, answer("cuCtxPopCurrent"); }
extern "C" int cuModuleLoad(void **module, const char *file) {
    FILE *cubin = std::fopen(file, "rb");
    if (!cubin) return 301;
    std::fclose(cubin);
    return *module = &held, answer("cuModuleLoad");
}
extern "C" int cuModuleUnload(void *) { return answer("cuModuleUnload"); }
extern "C" int cuModuleGetFunction(const Kernel **function, void *, const char *name) {
    *function = find(name);
    return *function ? answer("cuModuleGetFunction") : 500;
}
extern "C" int cuFuncSetBlockShape(const Kernel *, int, int, int) { return answer("cuFuncSetBlockShape"); }
extern "C" int cuStreamCreate(void **stream, unsigned) { return *stream = &calls, answer("cuStreamCreate"); }
extern "C" int cuStreamDestroy_v2(void *) { return answer("cuStreamDestroy"); }
extern "C" int cuStreamSynchronize(void *) { return answer("cuStreamSynchronize"); }
extern "C" int cuMemAlloc_v2(void **memory, size_t bytes) {
    if (const int error = answer("cuMemAlloc")) return error;
    *memory = std::memset(std::malloc(bytes), 0xA5, bytes);
    held[*memory] = bytes;
    return 0;
}
extern "C" int cuMemFree_v2(void *memory) {
    if (const int error = answer("cuMemFree")) return error;
    if (!held.erase(memory)) return 1;
    return std::free(memory), 0;
}
extern "C" int cuMemGetInfo_v2(size_t *left, size_t *all) {
    *left = *all = size_t(8) << 30;
    for (const auto &each : held) *left -= each.second;
    return answer("cuMemGetInfo");
}
extern "C" int cuMemHostAlloc(void **memory, size_t bytes, unsigned) {
    const int error = answer("cuMemHostAlloc");
    return error ? error : (*memory = std::malloc(bytes), 0);
}
extern "C" int cuMemFreeHost(void *memory) { return std::free(memory), answer("cuMemFreeHost"); }
extern "C" int cuMemcpyHtoDAsync_v2(void *to, const void *from, size_t bytes, void *) {
    const int error = answer("cuMemcpyHtoDAsync");
    return error ? error : (std::memcpy(to, from, bytes), 0);
}
extern "C" int cuMemcpyDtoHAsync_v2(void *to, const void *from, size_t bytes, void *) {
    const int error = answer("cuMemcpyDtoHAsync");
    return error ? error : (std::memcpy(to, from, bytes), 0);
}
extern "C" int cuMemsetD8Async(void *memory, unsigned char value, size_t bytes, void *) {
    const int error = answer("cuMemsetD8Async");
    return error ? error : (std::memset(memory, value, bytes), 0);
}
extern "C" int cuLaunchKernel(const Kernel *kernel, unsigned blocks_x, unsigned blocks_y, unsigned blocks_z, unsigned x, unsigned y,
                              unsigned z, unsigned, void *, void **, void **extra) {
    if (const int error = answer("cuLaunchKernel")) return error;
    if (blocks_y > 65535 || blocks_z != 1 || z != 1 || x * y > 1024) return 1;
    void *arguments[32];  // extra: 1, the packed arguments, 2, a pointer to their size, 0
    if (kernel->unpack(static_cast<char *>(extra[1]), arguments) != *static_cast<size_t *>(extra[3])) return 1;
    return kernel->run(arguments, blocks_x * x, blocks_y * y), 0;
}
