// The photo made small, and normalised into the network's input. Siblings: matting/network_input.py.
#pragma once
#include "portable.cuh"

// Exactly half of an even size; ties are rounded up. One thread per pixel of `small` (height x width x 3).
KERNEL halve(const u8 *photo, u8 *small, int height, int width) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const i64 stride = 6LL * width;
    const u8 *upper = photo + 2LL * y * stride + 6LL * x, *lower = upper + stride;
    for (int c = 0; c < 3; c++)
        small[(static_cast<i64>(y) * width + x) * 3 + c] = (upper[c] + upper[c + 3] + lower[c] + lower[c + 3] + 2) >> 2;
}

// The source pixels begin <= i < end that target pixel `target` is made of, and what they weigh: the first and the last
// their part, those between 1 / cell. In OpenCV's order and roundings: where the true average is half a level, and with
// a ratio such as 3 : 2 it often is, they decide which way it goes.
struct Cell {
    int begin, end;
    float first, middle, last;
};
DEVICE Cell cell_of(int target, int from, int to) {
    const double scale = 1.0 / (static_cast<double>(to) / from), start = target * scale, stop = start + scale;
    const double cell = fmin(scale, from - start);
    const int last = at_most(static_cast<int>(floor(stop)), from - 1), first = at_most(static_cast<int>(ceil(start)), last);
    const bool before = first - start > 1e-3, after = stop - last > 1e-3;
    const float middle = static_cast<float>(1.0 / cell);
    return {before ? first - 1 : first, after ? last + 1 : last, before ? static_cast<float>((first - start) / cell) : middle, middle,
            after ? static_cast<float>(fmin(fmin(stop - last, 1.0), cell) / cell) : middle};
}
DEVICE float weight_in(Cell cell, int source) {
    // A cell of one pixel that is cut on the right has only the last weight; OpenCV writes that one after the first.
    return source == cell.begin && cell.end - cell.begin > 1 ? cell.first : source == cell.end - 1 ? cell.last : cell.middle;
}

// Area average, for sides that shrink or stay. `from` is from_height x from_width x channels, its rows `stride` pixels
// apart. One thread per pixel of `to` (height x width x channels).
KERNEL area(const u8 *from, int stride, int from_height, int from_width, u8 *to, int height, int width, int channels) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const Cell v = cell_of(y, from_height, height), h = cell_of(x, from_width, width);
    const bool whole = from_height % height == 0 && from_width % width == 0;  // sums of whole pixels are exact
    const int pixels = (from_height / height) * (from_width / width);
    for (int c = 0; c < channels; c++) {
        float total = 0;
        int sum = 0;
        for (int row = v.begin; row < v.end; row++) {
            float along = 0;
            for (int column = h.begin; column < h.end; column++) {
                const int value = from[(static_cast<i64>(row) * stride + column) * channels + c];
                along += value * weight_in(h, column);
                sum += value;
            }
            total += along * weight_in(v, row);
        }
        const bool quarter = whole && from_height == 2 * height && from_width == 2 * width;  // ties upward, as in `halve`
        to[(static_cast<i64>(y) * width + x) * channels + c] =
            quarter ? static_cast<u8>((sum + 2) >> 2) : level(whole ? sum * (1.0f / pixels) : total);
    }
}

// Linear enlargement, pixel centres kept, borders repeated, with OpenCV's whole numbers: weights in 1/2048. One thread
// per pixel of `to` (height x width x 3).
KERNEL enlarge(const u8 *from, int from_height, int from_width, u8 *to, int height, int width) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const Between v = between(y, from_height, height), h = between(x, from_width, width);
    const u8 *upper = from + static_cast<i64>(v.first) * from_width * 3, *lower = from + static_cast<i64>(v.second) * from_width * 3;
    const int left = static_cast<int>(rintf((1 - h.share) * 2048)), right = static_cast<int>(rintf(h.share * 2048));
    const int above = static_cast<int>(rintf((1 - v.share) * 2048)), below = static_cast<int>(rintf(v.share * 2048));
    for (int c = 0; c < 3; c++) {
        const int top = upper[h.first * 3 + c] * left + upper[h.second * 3 + c] * right;
        const int bottom = lower[h.first * 3 + c] * left + lower[h.second * 3 + c] * right;
        const int sum = ((above * (top >> 4)) >> 16) + ((below * (bottom >> 4)) >> 16);
        to[(static_cast<i64>(y) * width + x) * 3 + c] = static_cast<u8>((sum + 2) >> 2);
    }
}

// (rgb - mean) / std into the box at top, left of a tensor of tensor_height x tensor_width; interleaved: NHWC instead
// of NCHW. One thread per pixel of `small` (height x width x 3).
KERNEL normalise(const u8 *small, int height, int width, float *tensor, int tensor_height, int tensor_width, int top, int left,
                 int interleaved, float mean_r, float mean_g, float mean_b, float std_r, float std_g, float std_b) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const float mean[3] = {mean_r, mean_g, mean_b}, std[3] = {std_r, std_g, std_b};
    const i64 plane = static_cast<i64>(tensor_height) * tensor_width, place = static_cast<i64>(top + y) * tensor_width + left + x;
    for (int c = 0; c < 3; c++) {
        const float colour = small[(static_cast<i64>(y) * width + x) * 3 + c];
        tensor[interleaved ? place * 3 + c : c * plane + place] = (colour - mean[c]) / std[c];
    }
}
