// The kernels as plain C++: a stand-in for the GPU that is not here. Arguments come as cuLaunchKernel takes them: as an
// array of pointers to them, or one behind another in a buffer, each at a multiple of its own size.
#include "kernels.cu"

#include <cstdint>
#include <cstring>
#include <utility>

template <auto kernel>
struct Runner;
template <class... A, void (*kernel)(A...)>
struct Runner<kernel> {
    template <std::size_t... I>
    static void every_pixel(void **arguments, int columns, int rows, std::index_sequence<I...>) {
        for (ROW = 0; ROW < rows; ROW++)
            for (COLUMN = 0; COLUMN < columns; COLUMN++) kernel(*static_cast<A *>(arguments[I])...);
    }
    static void run(void **arguments, int columns, int rows) {
        every_pixel(arguments, columns, rows, std::index_sequence_for<A...>());
    }
    static std::size_t unpack(char *buffer, void **arguments) {
        std::size_t offset = 0, i = 0;
        for (std::size_t size : {sizeof(A)...}) {
            offset = (offset + size - 1) / size * size;
            arguments[i++] = buffer + offset;
            offset += size;
        }
        return offset;
    }
    static constexpr int count = sizeof...(A);
};

struct Kernel {
    const char *name;
    int count;
    void (*run)(void **arguments, int columns, int rows);
    std::size_t (*unpack)(char *buffer, void **arguments);  // gives the bytes that the arguments take
};
#define ENTRY(name) {#name, Runner<name>::count, Runner<name>::run, Runner<name>::unpack}
static const Kernel kernels[] = {
    ENTRY(halve),       ENTRY(cells),        ENTRY(area),     ENTRY(enlarge),     ENTRY(normalise), ENTRY(undo_box), ENTRY(unsure),
    ENTRY(widen),       ENTRY(solve),        ENTRY(functions), ENTRY(evaluate),   ENTRY(erode),     ENTRY(feather_rows),
    ENTRY(feather_columns), ENTRY(weigh_photo), ENTRY(weigh_planes), ENTRY(box_rows), ENTRY(box_columns), ENTRY(divide),
    ENTRY(correct),     ENTRY(compose),
};

static const Kernel *find(const char *name) {
    for (const Kernel &kernel : kernels)
        if (!std::strcmp(name, kernel.name)) return &kernel;
    return nullptr;
}

// 0: done; 1: no such kernel; 2: another number of arguments.
extern "C" int launch(const char *name, int columns, int rows, void **arguments, int count) {
    const Kernel *kernel = find(name);
    if (!kernel) return 1;
    if (kernel->count != count) return 2;
    kernel->run(arguments, columns, rows);
    return 0;
}
