/* The passes over every pixel of a photo, for the rows [top, bottom) of a frame of height x width pixels, so that several
 * threads can share one photo. What they give is what their siblings in NumPy give, to one level; matting/native/__init__.py
 * describes the arguments.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* To be counted up with every change of a function's arguments or meaning. */
int em_version(void)
{
    return 2;
}

typedef struct {
    int32_t first;
    float share; /* of the sample after the first */
} place;

/* Where the centre of pixel `at` of `size` lies among `low` samples (matting.upsample). */
static place place_of(int at, int size, int low)
{
    float position = (float)((at + 0.5) * ((double)low / size) - 0.5);
    position = position < 0 ? 0 : position > low - 1 ? (float)(low - 1) : position;
    place found = {(int32_t)position, 0};
    if (found.first > low - 2)
        found.first = low > 1 ? low - 2 : 0;
    found.share = low > 1 ? position - (float)found.first : 0;
    return found;
}

static float between(float first, float second, float share)
{
    return first + share * (second - first);
}

static uint8_t level(float value)
{
    return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)lrintf(value);
}

/* Of `count` small planes their values in the column `x`, between a row and the one that begins `below` samples later. */
static void at_height(const float *planes, int count, size_t plane, int below, int x, float share, float *values)
{
    for (int c = 0; c < count; c++)
        values[c] = between(planes[c * plane + x], planes[c * plane + x + below], share);
}

void em_places(int size, int low, place *places)
{
    for (int at = 0; at < size; at++)
        places[at] = place_of(at, size, low);
}

void em_alpha(const float *planes, const uint8_t *band, int low_height, int low_width, const uint8_t *rgb, int height, int width,
              const place *columns, uint8_t *alpha, int top, int bottom)
{
    const size_t plane = (size_t)low_height * low_width;
    const int down = low_height > 1 ? low_width : 0, across = low_width > 1;
    for (int y = top; y < bottom; y++) {
        const place row = place_of(y, height, low_height);
        const float *upper = planes + (size_t)row.first * low_width;
        const uint8_t *near = band + (size_t)row.first * low_width, *far = near + down;
        const uint8_t *colour = rgb + (size_t)y * width * 3;
        uint8_t *out = alpha + (size_t)y * width;
        for (int x = 0; x < width;) {
            const int cell = columns[x].first;
            int end = x + 1;
            while (end < width && columns[end].first == cell)
                end++;
            if (!(near[cell] | near[cell + across] | far[cell] | far[cell + across])) {
                /* No edge: all four corners are 0, or all are 255. A jump from one to the other would be in the band. */
                memset(out + x, (int)upper[3 * plane + cell], (size_t)(end - x));
                x = end;
                continue;
            }
            float left[4], right[4];
            at_height(upper, 4, plane, down, cell, row.share, left);
            at_height(upper, 4, plane, down, cell + across, row.share, right);
            for (; x < end; x++) {
                const float share = columns[x].share;
                const uint8_t *c = colour + 3 * (size_t)x;
                out[x] = level(between(left[0], right[0], share) * c[0] + between(left[1], right[1], share) * c[1] +
                               between(left[2], right[2], share) * c[2] + between(left[3], right[3], share));
            }
        }
    }
}

/* Four pixels at a time are looked at together: most are wholly inside the person, or wholly outside. */
static uint32_t four(const uint8_t *alpha)
{
    uint32_t found;
    memcpy(&found, alpha, 4);
    return found;
}

static void opaque(const uint8_t *rgb, uint8_t *out, int channels)
{
    out[0] = rgb[0];
    out[1] = rgb[1];
    out[2] = rgb[2];
    if (channels == 4)
        out[3] = 255;
}

void em_colours(const float *estimate, int low_height, int low_width, const uint8_t *rgb, const uint8_t *alpha, int height,
                int width, const place *columns, uint8_t *out, int channels, int top, int bottom)
{
    const size_t plane = (size_t)low_height * low_width;
    const int down = low_height > 1 ? low_width : 0, across = low_width > 1;
    for (int y = top; y < bottom; y++) {
        const place row = place_of(y, height, low_height);
        const float *upper = estimate + (size_t)row.first * low_width;
        const uint8_t *colour = rgb + (size_t)y * width * 3, *share = alpha + (size_t)y * width;
        uint8_t *pixel = out + (size_t)(y - top) * width * channels;
        float left[6] = {0}, right[6] = {0};
        int known = -1;
        for (int x = 0; x < width;) {
            if (x + 5 <= width && four(share + x) == 0xFFFFFFFFu) { /* 5: reads a byte beyond the fourth pixel */
                if (channels == 4) {
                    for (int i = 0; i < 4; i++) {
                        const uint32_t whole = four(colour + 3 * (size_t)(x + i)) | 0xFF000000u; /* little-endian */
                        memcpy(pixel + 4 * (size_t)(x + i), &whole, 4);
                    }
                } else {
                    memcpy(pixel + 3 * (size_t)x, colour + 3 * (size_t)x, 12);
                }
                x += 4;
                continue;
            }
            if (channels == 4 && x + 4 <= width && four(share + x) == 0) {
                memset(pixel + 4 * (size_t)x, 0, 16);
                x += 4;
                continue;
            }
            const uint8_t a = share[x], *c = colour + 3 * (size_t)x;
            uint8_t *p = pixel + (size_t)channels * x;
            if (a == 255 || (a == 0 && channels == 3)) {
                opaque(c, p, channels);
            } else if (a == 0) {
                memset(p, 0, 4);
            } else { /* matting.foreground.corrected */
                const place at = columns[x];
                if (at.first != known) {
                    known = at.first;
                    at_height(upper, 6, plane, down, known, row.share, left);
                    at_height(upper, 6, plane, down, known + across, row.share, right);
                }
                const float part = (float)a * (1.0f / 255.0f);
                for (int i = 0; i < 3; i++) {
                    const float front = between(left[i], right[i], at.share), back = between(left[i + 3], right[i + 3], at.share);
                    p[i] = level(((back - front) * part + (float)c[i] - back) * part + front);
                }
                if (channels == 4)
                    p[3] = a;
            }
            x++;
        }
    }
}

/* What lies outside of a frame is its mirror image, the border itself included: OpenCV's BORDER_REFLECT. */
static int mirrored(int at, int size)
{
    while (at < 0 || at >= size)
        at = at < 0 ? -at - 1 : 2 * size - 1 - at;
    return at;
}

/* a of alpha = a.rgb + b in the window around each pixel that `near` marks (matting.refine._windows): rows [top, bottom) of
 * three planes. guide: 3 planes, colours 0..1. */
void em_windows(const float *guide, const float *alpha, const uint8_t *near, int height, int width, int radius, double epsilon,
                float *a, int top, int bottom)
{
    const size_t plane = (size_t)height * width;
    const double count = (2 * radius + 1) * (2 * radius + 1);
    for (int y = top; y < bottom; y++)
        for (int x = 0; x < width; x++) {
            const size_t at = (size_t)y * width + x;
            if (!near[at]) {
                a[at] = a[at + plane] = a[at + 2 * plane] = 0;
                continue;
            }
            double r = 0, g = 0, b = 0, m = 0, rr = 0, rg = 0, rb = 0, gg = 0, gb = 0, bb = 0, rm = 0, gm = 0, bm = 0;
            for (int v = -radius; v <= radius; v++) {
                const size_t line = (size_t)mirrored(y + v, height) * width;
                for (int u = -radius; u <= radius; u++) {
                    const size_t one = line + mirrored(x + u, width);
                    const double cr = guide[one], cg = guide[one + plane], cb = guide[one + 2 * plane], share = alpha[one];
                    r += cr, g += cg, b += cb, m += share;
                    rr += cr * cr, rg += cr * cg, rb += cr * cb, gg += cg * cg, gb += cg * cb, bb += cb * cb;
                    rm += cr * share, gm += cg * share, bm += cb * share;
                }
            }
            r /= count, g /= count, b /= count, m /= count;
            rr = rr / count - r * r + epsilon, gg = gg / count - g * g + epsilon, bb = bb / count - b * b + epsilon;
            rg = rg / count - r * g, rb = rb / count - r * b, gb = gb / count - g * b;
            rm = rm / count - r * m, gm = gm / count - g * m, bm = bm / count - b * m;
            /* Cramer's rule with the cofactors of the symmetric matrix, and a floor below its determinant: matting.refine.solved. */
            const double crr = gg * bb - gb * gb, crg = rb * gb - rg * bb, crb = rg * gb - rb * gg;
            const double cgg = rr * bb - rb * rb, cgb = rg * rb - rr * gb, cbb = rr * gg - rg * rg;
            double determinant = rr * crr + rg * crg + rb * crb;
            if (determinant < epsilon * epsilon * epsilon)
                determinant = epsilon * epsilon * epsilon;
            a[at] = (float)((crr * rm + crg * gm + crb * bm) / determinant);
            a[at + plane] = (float)((crg * rm + cgg * gm + cgb * bm) / determinant);
            a[at + 2 * plane] = (float)((crb * rm + cgb * gm + cbb * bm) / determinant);
        }
}

/* The functions that are evaluated at full size: a averaged over the window around each pixel that `band` marks, and the b that
 * makes it exact there; elsewhere a = 0 and b is 0 or 255. Rows [top, bottom) of four planes (matting.refine._functions). */
void em_functions(const float *a, const float *guide, const float *alpha, const uint8_t *band, int height, int width, int radius,
                  float *planes, int top, int bottom)
{
    const size_t plane = (size_t)height * width;
    const double count = (2 * radius + 1) * (2 * radius + 1);
    for (int y = top; y < bottom; y++)
        for (int x = 0; x < width; x++) {
            const size_t at = (size_t)y * width + x;
            double mean[3] = {0};
            float b = alpha[at];
            if (!band[at]) {
                b = b > 0.5f;
            } else {
                for (int v = -radius; v <= radius; v++) {
                    const size_t line = (size_t)mirrored(y + v, height) * width;
                    for (int u = -radius; u <= radius; u++)
                        for (int c = 0; c < 3; c++)
                            mean[c] += a[line + mirrored(x + u, width) + c * plane];
                }
                float colour = 0;
                for (int c = 0; c < 3; c++) {
                    mean[c] /= count;
                    colour += (float)mean[c] * guide[at + c * plane];
                }
                b -= colour;
            }
            for (int c = 0; c < 3; c++)
                planes[at + c * plane] = (float)mean[c];
            planes[at + 3 * plane] = b * 255;
        }
}

/* What lies outside of a frame is its mirror image, without the border itself: OpenCV's BORDER_REFLECT_101. */
static int mirrored_within(int at, int size)
{
    if (size == 1)
        return 0;
    while (at < 0 || at >= size)
        at = at < 0 ? -at : 2 * size - 2 - at;
    return at;
}

/* What weighs in a mean: the share of the foreground, or that of what is behind it, to a power. */
typedef struct {
    const float *share;
    int behind, power;
} weight;

/* Adds, or with sign -1 takes away, a row of three planes by their weight, and the weight, to the sums of each column. */
static void add_row(const float *planes, weight by, size_t plane, size_t from, int width, double sign, double *sums)
{
    for (int x = 0; x < width; x++) {
        const float share = by.behind ? 1 - by.share[from + x] : by.share[from + x];
        const double one = sign * (by.power == 3 ? share * share * share : share);
        for (int c = 0; c < 3; c++)
            sums[4 * x + c] += one * planes[c * plane + from + x];
        sums[4 * x + 3] += one;
    }
}

/* Box means of three planes by weight, over windows of side x side: matting.foreground._weighted_blur. sums: room for 4 doubles
 * a column. */
void em_weighted_blur(const float *planes, const float *share, int behind, int power, int height, int width, int side,
                      double nothing, double *sums, float *out, int top, int bottom)
{
    const weight by = {share, behind, power};
    const size_t plane = (size_t)height * width;
    const int before = side / 2, after = side - 1 - before; /* of the pixel in the middle, as OpenCV's anchor has it */
    const double area = (double)side * side;
    memset(sums, 0, sizeof(double) * 4 * (size_t)width);
    for (int y = top - before; y < top + after; y++)
        add_row(planes, by, plane, (size_t)mirrored_within(y, height) * width, width, 1, sums);
    for (int y = top; y < bottom; y++) {
        add_row(planes, by, plane, (size_t)mirrored_within(y + after, height) * width, width, 1, sums);
        double window[4] = {0};
        for (int x = -before; x < after; x++)
            for (int c = 0; c < 4; c++)
                window[c] += sums[4 * mirrored_within(x, width) + c];
        for (int x = 0; x < width; x++) {
            const double *come = sums + 4 * (x + after < width ? x + after : mirrored_within(x + after, width));
            const double *gone = sums + 4 * (x >= before ? x - before : mirrored_within(x - before, width));
            for (int c = 0; c < 4; c++)
                window[c] += come[c];
            const double total = 1 / (window[3] + area * nothing);
            for (int c = 0; c < 3; c++)
                out[c * plane + (size_t)y * width + x] = (float)(window[c] * total);
            for (int c = 0; c < 4; c++)
                window[c] -= gone[c];
        }
        add_row(planes, by, plane, (size_t)mirrored_within(y - before, height) * width, width, -1, sums);
    }
}

/* The front moved towards what explains the colours, in place: matting.foreground.corrected. */
void em_corrected(float *front, const float *back, const float *colours, const float *share, int height, int width, int top,
                  int bottom)
{
    const size_t plane = (size_t)height * width;
    for (int c = 0; c < 3; c++)
        for (size_t at = (size_t)top * width; at < (size_t)bottom * width; at++) {
            const size_t one = c * plane + at;
            const float found = ((back[one] - front[one]) * share[at] + colours[one] - back[one]) * share[at] + front[one];
            front[one] = found < 0 ? 0 : found > 255 ? 255 : found;
        }
}

/* The person before what is behind, for `count` pixels: front * alpha + behind * (1 - alpha), to the nearest level. step: bytes
 * from one pixel of `behind` to the next, 3, or 0 for one colour. */
void em_over(const uint8_t *front, const uint8_t *alpha, const uint8_t *behind, int step, uint8_t *out, int count)
{
    for (int i = 0; i < count; i++, front += 3, behind += step, out += 3)
        for (int c = 0; c < 3; c++) {
            const unsigned sum = front[c] * alpha[i] + behind[c] * (255u - alpha[i]) + 128;
            out[c] = (uint8_t)((sum + (sum >> 8)) >> 8); /* sum / 255, rounded: exact for all of 16 bits */
        }
}
