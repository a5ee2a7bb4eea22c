// The photo made small, and normalised into the network's input. On the CPU: matting/network_input.py.
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
// their part, those between 1 / scale. In OpenCV's order and roundings: where the true average is half a level, and with
// a ratio such as 3 : 2 it often is, they decide which way it goes.
struct Cell {
    int begin, end;
    float first, middle, last;
};

// The cells of one side, `source` pixels made `to`. One thread per cell: double precision, and never once per pixel.
KERNEL cells(Cell *side, int source, int to) {
    const int target = COLUMN;
    if (target >= to || ROW > 0) return;
    const double scale = 1.0 / (static_cast<double>(to) / source), start = target * scale, stop = start + scale;
    const int last = at_most(static_cast<int>(floor(stop)), source - 1), first = at_most(static_cast<int>(ceil(start)), last);
    const bool before = first - start > 1e-3, after = stop - last > 1e-3;
    const float middle = static_cast<float>(1 / scale);
    side[target] = {before ? first - 1 : first, after ? last + 1 : last, before ? static_cast<float>((first - start) / scale) : middle,
                    middle, after ? static_cast<float>((stop - last) / scale) : middle};
}
DEVICE float weight_in(Cell cell, int source) {
    return source == cell.begin ? cell.first : source == cell.end - 1 ? cell.last : cell.middle;
}

// Area average, for sides that shrink or stay. `source` is source_height x source_width x channels, its rows `stride` pixels
// apart; rows, columns: what `cells` made for both sides. One thread per pixel of `to` (height x width x channels).
KERNEL area(const u8 *source, int stride, int source_height, int source_width, const Cell *rows, const Cell *columns, u8 *to, int height,
            int width, int channels) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const Cell v = rows[y], h = columns[x];
    const bool whole = source_height % height == 0 && source_width % width == 0;  // sums of whole pixels are exact
    const int pixels = (source_height / height) * (source_width / width);
    const bool quarter = whole && source_height == 2 * height && source_width == 2 * width;  // ties upward, as in `halve`
    for (int c = 0; c < channels; c++) {
        float total = 0;
        int sum = 0;
        for (int row = v.begin; row < v.end; row++) {
            float along = 0;
            for (int column = h.begin; column < h.end; column++) {
                const int value = source[(static_cast<i64>(row) * stride + column) * channels + c];
                along += value * weight_in(h, column);
                sum += value;
            }
            total += along * weight_in(v, row);
        }
        to[(static_cast<i64>(y) * width + x) * channels + c] =
            quarter ? static_cast<u8>((sum + 2) >> 2) : level(whole ? sum * (1.0f / pixels) : total);
    }
}

// Linear enlargement, pixel centres kept, borders repeated, with OpenCV's whole numbers: weights in 1/2048, and a position
// whose rounding decides which of two weights is taken. Above the first and below the last row OpenCV mixes that row with
// itself, and each half is rounded down; beside the first and the last column it takes the pixel whole. One thread per
// pixel of `to` (height x width x 3).
KERNEL enlarge(const u8 *source, int source_height, int source_width, u8 *to, int height, int width) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const float down = static_cast<float>((y + 0.5) * (1.0 / (static_cast<double>(height) / source_height)) - 0.5);
    const float along = static_cast<float>((x + 0.5) * (1.0 / (static_cast<double>(width) / source_width)) - 0.5);
    const Between h = between(along, source_width);
    const int row = static_cast<int>(floorf(down));
    const u8 *upper = source + static_cast<i64>(at_least(row, 0)) * source_width * 3;
    const u8 *lower = source + static_cast<i64>(at_most(row + 1, source_height - 1)) * source_width * 3;
    const int left = static_cast<int>(rintf((1 - h.share) * 2048)), right = static_cast<int>(rintf(h.share * 2048));
    const int above = static_cast<int>(rintf((1 - (down - row)) * 2048)), below = static_cast<int>(rintf((down - row) * 2048));
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
