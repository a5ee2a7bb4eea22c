// The network's matte at the photo's size: a fast guided filter in colour. On the CPU: matting/refine.py, which explains it.
#pragma once
#include "portable.cuh"

#define RADIUS 2
#define MARGIN 2
#define EPSILON 1e-5
#define UNSURE 0.02f

// The box at top, left of the network's output (rows of `stride`), limited to 0..1. One thread per pixel of `matte`.
KERNEL undo_box(const float *output, int stride, int top, int left, float *matte, int height, int width) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    matte[y * width + x] = fminf(fmaxf(output[(top + y) * stride + left + x], 0.0f), 1.0f);
}

// 1 where the matte is between 0 and 1 or jumps from one to the other, else 0. One thread per pixel.
KERNEL unsure(const float *matte, u8 *found, int height, int width) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    float least = 2, most = -2;
    for (int row = at_least(y - 1, 0); row <= at_most(y + 1, height - 1); row++)
        for (int column = at_least(x - 1, 0); column <= at_most(x + 1, width - 1); column++) {
            least = fminf(least, matte[row * width + column]);
            most = fmaxf(most, matte[row * width + column]);
        }
    const float alpha = matte[y * width + x];
    found[y * width + x] = most - least > UNSURE || (alpha > UNSURE && alpha < 1 - UNSURE);
}

DEVICE u8 any_near(const u8 *found, int height, int width, int y, int x, int radius) {
    for (int row = at_least(y - radius, 0); row <= at_most(y + radius, height - 1); row++)
        for (int column = at_least(x - radius, 0); column <= at_most(x + radius, width - 1); column++)
            if (found[row * width + column]) return 1;
    return 0;
}

// `found` widened by MARGIN pixels. One thread per pixel.
KERNEL widen(const u8 *found, u8 *band, int height, int width) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    band[y * width + x] = any_near(found, height, width, y, x, MARGIN);
}

struct Window {
    float mean[3], alpha;                 // averages
    float variance[6], covariance[3];     // rr rg rb gg gb bb; colour with alpha
};

DEVICE Window window_around(const u8 *guide, const float *matte, int height, int width, int y, int x) {
    Window w = {};
    const float each = 1.0f / ((2 * RADIUS + 1) * (2 * RADIUS + 1)), unit = 1.0f / 255;
    for (int dy = -RADIUS; dy <= RADIUS; dy++)
        for (int dx = -RADIUS; dx <= RADIUS; dx++) {
            const int i = reflected(y + dy, height, 0) * width + reflected(x + dx, width, 0);
            for (int c = 0; c < 3; c++) w.mean[c] += guide[3 * i + c] * unit * each;
            w.alpha += matte[i] * each;
        }
    // A second pass around the means: the squares of nearly equal numbers never cancel, and single precision does.
    for (int dy = -RADIUS; dy <= RADIUS; dy++)
        for (int dx = -RADIUS; dx <= RADIUS; dx++) {
            const int i = reflected(y + dy, height, 0) * width + reflected(x + dx, width, 0);
            const float r = guide[3 * i] * unit - w.mean[0], g = guide[3 * i + 1] * unit - w.mean[1];
            const float b = guide[3 * i + 2] * unit - w.mean[2], alpha = (matte[i] - w.alpha) * each;
            w.variance[0] += r * r * each, w.variance[1] += r * g * each, w.variance[2] += r * b * each;
            w.variance[3] += g * g * each, w.variance[4] += g * b * each, w.variance[5] += b * b * each;
            w.covariance[0] += r * alpha, w.covariance[1] += g * alpha, w.covariance[2] += b * alpha;
        }
    return w;
}

// a of each window (3 planes), by Cramer's rule, within RADIUS of the band; elsewhere 0. In double precision, as on
// the CPU: of a grey photo the determinant is a difference of nearly equal numbers. One thread per pixel.
KERNEL solve(const u8 *guide, const float *matte, const u8 *band, float *a, int height, int width) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const int here = y * width + x, plane = height * width;
    a[here] = a[here + plane] = a[here + 2 * plane] = 0;
    if (!any_near(band, height, width, y, x, RADIUS)) return;
    const Window w = window_around(guide, matte, height, width, y, x);
    const double rr = w.variance[0] + EPSILON, rg = w.variance[1], rb = w.variance[2];
    const double gg = w.variance[3] + EPSILON, gb = w.variance[4], bb = w.variance[5] + EPSILON;
    const double crr = gg * bb - gb * gb, crg = rb * gb - rg * bb, crb = rg * gb - rb * gg;
    const double cgg = rr * bb - rb * rb, cgb = rb * rg - rr * gb, cbb = rr * gg - rg * rg;
    const double determinant = fmax(rr * crr + rg * crg + rb * crb, EPSILON * EPSILON * EPSILON);
    const double r = w.covariance[0], g = w.covariance[1], b = w.covariance[2];
    a[here] = static_cast<float>((crr * r + crg * g + crb * b) / determinant);
    a[here + plane] = static_cast<float>((crg * r + cgg * g + cgb * b) / determinant);
    a[here + 2 * plane] = static_cast<float>((crb * r + cgb * g + cbb * b) / determinant);
}

// The averaged a, and b that makes the function exact in the middle of its window: 4 planes, for colours of 0..255 and
// a result of 0..255. Outside of the band a = 0 and b = 0 or 255. One thread per pixel.
KERNEL functions(const u8 *guide, const float *matte, const u8 *band, const float *a, float *planes, int height, int width) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const int here = y * width + x, plane = height * width;
    if (!band[here]) {
        planes[here] = planes[here + plane] = planes[here + 2 * plane] = 0;
        planes[here + 3 * plane] = matte[here] > 0.5f ? 255.0f : 0.0f;
        return;
    }
    float b = matte[here];
    for (int c = 0; c < 3; c++) {
        float sum = 0;
        for (int dy = -RADIUS; dy <= RADIUS; dy++)
            for (int dx = -RADIUS; dx <= RADIUS; dx++)
                sum += a[c * plane + reflected(y + dy, height, 0) * width + reflected(x + dx, width, 0)];
        const float mean = sum / ((2 * RADIUS + 1) * (2 * RADIUS + 1));
        planes[here + c * plane] = mean;
        b -= mean * (guide[3 * here + c] / 255.0f);
    }
    planes[here + 3 * plane] = b * 255;
}

// a.rgb + b in every pixel of the photo, and 0 where that is at or below the threshold. One thread per pixel of `alpha`.
KERNEL evaluate(const float *planes, int low_height, int low_width, const u8 *rgb, u8 *alpha, int height, int width, int threshold) {
    const int x = COLUMN, y = ROW;
    if (x >= width || y >= height) return;
    const Between v = between(position_of(y, low_height, height), low_height), h = between(position_of(x, low_width, width), low_width);
    const int plane = low_height * low_width;
    const i64 here = static_cast<i64>(y) * width + x;
    float value = blended(planes + 3 * plane, low_width, v, h);
    for (int c = 0; c < 3; c++) value += blended(planes + c * plane, low_width, v, h) * rgb[3 * here + c];
    const u8 rounded = level(value);
    alpha[here] = rounded > threshold ? rounded : 0;
}
