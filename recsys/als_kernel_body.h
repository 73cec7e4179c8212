/* als_kernel_body.h - the kernel for vectors of WIDTH floats; included once by each of
 * als_kernel_*.c, which set WIDTH, KERNEL and the compiler's target.
 *
 * Eight rows are taken at a time: eight sums run side by side, one reduction ends them
 * all, and the vector added to is loaded and stored once for eight rows.
 */
#include "core/lanes.h"
#include "recsys/als_kernel.h"

enum {
    ROWS = LANES_ROWS,
    AHEAD = 16,
    LINE = 64,
    CACHED = 256 /* rows that stay near during all steps */
};

/* out[i] = y[i].p */
INLINE void dots(const float *const y[ROWS], const float *p, size_t d, float out[ROWS])
{
    vec s[ROWS] = {{0}};
    for (size_t f = 0; f < d; f += WIDTH) {
        vec v = *(const vec *)(p + f);
        for (int i = 0; i < ROWS; i++)
            s[i] += *(const vec *)(y[i] + f) * v;
    }
    sums(s, out);
}

/* out += sum of c[i] y[i] */
INLINE void add(float *out, const float *const y[ROWS], const float c[ROWS], size_t d)
{
    for (size_t f = 0; f < d; f += WIDTH) {
        vec a = *(vec *)(out + f), b = {0};
        for (int i = 0; i < ROWS; i += 2) {
            a += *(const vec *)(y[i] + f) * c[i];
            b += *(const vec *)(y[i + 1] + f) * c[i + 1];
        }
        *(vec *)(out + f) = a + b;
    }
}

/* out = sign (gram p + ridge p) */
INLINE void dense(const struct sg_als_row *w, const float *p, float sign, float *out)
{
    for (size_t f = 0; f < w->d; f++)
        out[f] = sign * w->ridge * p[f];
    for (size_t j = 0; j < w->d; j += ROWS) {
        const float *y[ROWS];
        float c[ROWS];
        for (size_t i = 0; i < ROWS; i++) {
            y[i] = w->gram + (j + i) * w->d;
            c[i] = sign * p[j + i];
        }
        add(out, y, c, w->d);
    }
}

INLINE void fetch(const struct sg_als_row *w, const uint32_t *other, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t byte = 0; byte < w->d * sizeof(float); byte += LINE)
            __builtin_prefetch((const char *)(w->fixed + w->d * other[i]) + byte);
}

/* first: out += sum c (t - y.p) y, and t is the sign of c;  else: out += sum |c| (y.p) y. */
INLINE void sparse(const struct sg_als_row *w, const float *p, int first, float *out)
{
    for (size_t k = 0; k < w->plays; k += ROWS) {
        const float *y[ROWS];
        float c[ROWS], s[ROWS];
        size_t n = w->plays - k < ROWS ? w->plays - k : ROWS;
        size_t soon = k + AHEAD;
        if (soon < w->plays && (first ? soon >= w->fetched : w->plays > CACHED))
            fetch(w, w->other + soon, w->plays - soon < ROWS ? w->plays - soon : ROWS);
        for (size_t i = 0; i < ROWS; i++) {
            y[i] = w->fixed + w->d * w->other[i < n ? k + i : k];
            c[i] = i < n ? w->c[k + i] : 0;
        }
        dots(y, p, w->d, s);
        for (int i = 0; i < ROWS; i++) {
            float magnitude = c[i] < 0 ? -c[i] : c[i], liked = c[i] > 0 ? c[i] : 0;
            s[i] = first ? liked - magnitude * s[i] : magnitude * s[i];
        }
        add(out, y, s, w->d);
    }
}

INLINE float square(const float *a, const float *b, size_t d)
{
    vec s = {0};
    float sum = 0;
    for (size_t f = 0; f < d; f += WIDTH)
        s += *(const vec *)(a + f) * *(const vec *)(b + f);
    for (int i = 0; i < WIDTH; i++)
        sum += s[i];
    return sum;
}

/* y += a x */
INLINE void step(float *y, float a, const float *x, size_t d)
{
    for (size_t f = 0; f < d; f += WIDTH)
        *(vec *)(y + f) += a * *(const vec *)(x + f);
}

static void solve(const struct sg_als_row *w, int steps)
{
    float *r = w->work, *p = r + w->d, *ap = p + w->d;
    size_t d = w->d, share = w->n_next / (size_t)(steps + 1) + 1, fetched = 0;
    dense(w, w->x, -1, r);
    sparse(w, w->x, 1, r);
    for (size_t f = 0; f < d; f++)
        p[f] = r[f];
    float rr = square(r, r, d);
    for (int k = 0; k < steps && rr > 1e-20f; k++) {
        size_t n = w->n_next - fetched < share ? w->n_next - fetched : share;
        fetch(w, w->next + fetched, n);
        fetched += n;
        dense(w, p, 1, ap);
        sparse(w, p, 0, ap);
        float along = square(p, ap, d);
        if (!(along > 0)) /* rounding alone is left */
            return;
        float a = rr / along, before = rr;
        step(w->x, a, p, d);
        step(r, -a, ap, d);
        rr = square(r, r, d);
        for (size_t f = 0; f < d; f += WIDTH)
            *(vec *)(p + f) = *(vec *)(r + f) + (rr / before) * *(vec *)(p + f);
    }
}

extern const struct sg_als_kernel KERNEL;
const struct sg_als_kernel KERNEL = {KERNEL_NAME, solve};
