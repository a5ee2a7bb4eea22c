// The person's own colours at the edge, and the finished pixels. On the CPU: matting/foreground.py, matting/composite.py.
#pragma once
#include "portable.cuh"

DEVICE float share_of(u8 alpha, int background) {
    const float share = alpha * (1.0f / 255);
    return background ? 1 - share : share;
}
DEVICE float corrected(float front, float back, float colour, float share) {
    const float value = front + share * (colour - back + share * (back - front));
    return fminf(fmaxf(value, 0.0f), 255.0f);
}

// Colours times the cube of their share of the foreground (or background), and that weight: 4 planes.
KERNEL weigh_photo(const u8 *rgb, const u8 *alpha, float *weighted, int height, int width, int background) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const int here = y * width + x, plane = height * width;
    const float share = share_of(alpha[here], background), weight = share * share * share;
    for (int c = 0; c < 3; c++) weighted[here + c * plane] = rgb[3 * here + c] * weight;
    weighted[here + 3 * plane] = weight;
}

// 3 planes times their share, and that share: 4 planes.
KERNEL weigh_planes(const float *planes, const u8 *alpha, float *weighted, int height, int width, int background) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const int here = y * width + x, plane = height * width;
    const float weight = share_of(alpha[here], background);
    for (int c = 0; c < 3; c++) weighted[here + c * plane] = planes[here + c * plane] * weight;
    weighted[here + 3 * plane] = weight;
}

// Mean over `side` values that lie `stride` apart, side/2 of them before the one at `index` of `length`.
DEVICE float mean_along(const float *values, int stride, int index, int length, int side) {
    const int first = index - side / 2, end = first + side;
    float sum = 0;
    if (first >= 0 && end <= length)  // nearly everywhere, and several times as fast
        for (int i = first; i < end; i++) sum += values[static_cast<i64>(i) * stride];
    else
        for (int i = first; i < end; i++) sum += values[static_cast<i64>(reflected(i, length, 1)) * stride];
    return sum / side;
}

// Mean over `side` pixels along the row. One thread per pixel of all planes, one below another.
KERNEL box_rows(const float *source, float *to, int rows, int width, int side) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= rows) return;
    const i64 row = static_cast<i64>(y) * width;
    to[row + x] = mean_along(source + row, 1, x, width, side);
}

// The same down the columns of planes of `height` rows.
KERNEL box_columns(const float *source, float *to, int rows, int height, int width, int side) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= rows) return;
    const float *plane = source + static_cast<i64>(y / height) * height * width;
    to[static_cast<i64>(y) * width + x] = mean_along(plane + x, width, y % height, height, side);
}

// Blurred colours (3 planes) from weighted ones (4). Where no weight is near, 1e-10 keeps 0 / 0 at 0.
KERNEL divide(const float *weighted, float *planes, int height, int width) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const int here = y * width + x, plane = height * width;
    const float total = weighted[here + 3 * plane] + 1e-10f;
    for (int c = 0; c < 3; c++) planes[here + c * plane] = weighted[here + c * plane] / total;
}

// The front, in place, moved by its share towards what explains the photo's colours.
KERNEL correct(float *front, const float *back, const u8 *rgb, const u8 *alpha, int height, int width) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const int here = y * width + x, plane = height * width;
    const float share = share_of(alpha[here], 0);
    for (int c = 0; c < 3; c++) {
        const int i = here + c * plane;
        front[i] = corrected(front[i], back[i], rgb[3 * here + c], share);
    }
}

// The finished pixels, RGBA: the photo's colours, those of the edge corrected with `around` (front and back, 6 planes
// of low_height x low_width); alpha times `opacity` (null: none). over: before the colour r, g, b; else straight
// alpha, with RGB 0 where alpha is. rgb, alpha and opacity have rows of `stride` pixels. One thread per pixel of `rgba`.
KERNEL compose(const u8 *rgb, const u8 *alpha, const u8 *opacity, int stride, const float *around, int low_height, int low_width,
               u8 *rgba, int height, int width, int over, float r, float g, float b) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const i64 from = static_cast<i64>(y) * stride + x, to = 4 * (static_cast<i64>(y) * width + x);
    const u8 matte = alpha[from];
    const u8 seen = opacity ? level(matte * opacity[from] / 255.0f) : matte;
    const bool edge = matte > 0 && matte < 255;
    const float share = share_of(matte, 0), weight = seen / 255.0f, behind[3] = {r, g, b};
    const Between v = between(position_of(y, low_height, height), low_height), h = between(position_of(x, low_width, width), low_width);
    const int plane = low_height * low_width;
    for (int c = 0; c < 3; c++) {
        float colour = rgb[3 * from + c];
        if (edge) {
            const float front = blended(around + c * plane, low_width, v, h), back = blended(around + (c + 3) * plane, low_width, v, h);
            colour = rintf(corrected(front, back, colour, share));
        }
        if (over) colour = colour * weight + behind[c] * (1 - weight);
        rgba[to + c] = over || seen ? level(colour) : 0;
    }
    rgba[to + 3] = seen;
}
