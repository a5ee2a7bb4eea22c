// The kernels as plain C++: a stand-in for the GPU that is not here. `launch` takes the arguments as cuLaunchKernel
// does, as an array of pointers to them.
#include "kernels.cu"

#include <cstring>
#include <utility>

template <class... A, std::size_t... I>
static void every_pixel(void (*kernel)(A...), void **arguments, int columns, int rows, std::index_sequence<I...>) {
    for (ROW = 0; ROW < rows; ROW++)
        for (COLUMN = 0; COLUMN < columns; COLUMN++) kernel(*static_cast<A *>(arguments[I])...);
}

template <class... A>
static int run(void (*kernel)(A...), void **arguments, int count, int columns, int rows) {
    if (count != static_cast<int>(sizeof...(A))) return 2;
    every_pixel(kernel, arguments, columns, rows, std::index_sequence_for<A...>());
    return 0;
}

// 0: done; 1: no such kernel; 2: another number of arguments.
extern "C" int launch(const char *name, int columns, int rows, void **arguments, int count) {
#define TRY(kernel) if (!std::strcmp(name, #kernel)) return run(kernel, arguments, count, columns, rows);
    TRY(halve) TRY(cells) TRY(area) TRY(enlarge) TRY(normalise)
    TRY(undo_box) TRY(unsure) TRY(widen) TRY(solve) TRY(functions) TRY(evaluate)
    TRY(erode) TRY(feather_rows) TRY(feather_columns)
    TRY(weigh_photo) TRY(weigh_planes) TRY(box_rows) TRY(box_columns) TRY(divide) TRY(correct) TRY(compose)
    return 1;
}
