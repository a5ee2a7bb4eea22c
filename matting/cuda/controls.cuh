// Erosion and feather of the full-size matte (the threshold is part of `evaluate`). On the CPU: matting/controls.py.
#pragma once
#include "portable.cuh"

// The least alpha under an ellipse; what lies outside of the frame does not count. One thread per pixel.
KERNEL erode(const u8 *alpha, u8 *eroded, int height, int width, int radius) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    int least = 255;
    for (int dy = -radius; dy <= radius; dy++) {
        if (y + dy < 0 || y + dy >= height) continue;
        const int half = static_cast<int>(rintf(radius * sqrtf((radius * radius - dy * dy) / static_cast<float>(radius * radius))));
        const u8 *row = alpha + static_cast<i64>(y + dy) * width;
        for (int column = at_least(x - half, 0); column <= at_most(x + half, width - 1); column++)
            least = at_most(least, row[column]);
    }
    eroded[static_cast<i64>(y) * width + x] = static_cast<u8>(least);
}

// Gaussian along the rows: 256 times the level, rounded. weights: of the distances 0..reach. Borders are repeated.
KERNEL feather_rows(const u8 *alpha, u16 *soft, int height, int width, const float *weights, int reach) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const u8 *row = alpha + static_cast<i64>(y) * width;
    float sum = weights[0] * row[x];
    for (int d = 1; d <= reach; d++) sum += weights[d] * (row[at_least(x - d, 0)] + row[at_most(x + d, width - 1)]);
    soft[static_cast<i64>(y) * width + x] = static_cast<u16>(rintf(sum * 256));
}

// The same down the columns, from 256 times the level to the level.
KERNEL feather_columns(const u16 *soft, u8 *alpha, int height, int width, const float *weights, int reach) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    float sum = weights[0] * soft[static_cast<i64>(y) * width + x];
    for (int d = 1; d <= reach; d++)
        sum += weights[d] * (soft[static_cast<i64>(at_least(y - d, 0)) * width + x] +
                             soft[static_cast<i64>(at_most(y + d, height - 1)) * width + x]);
    alpha[static_cast<i64>(y) * width + x] = level(sum / 256);
}
