/* npy.c - see npy.h. */
#include "recsys/input/npy.h"
#include <math.h>

#define MAGIC      "\x93NUMPY"
#define HEADER_MAX 4096 /* bytes of the description */

/* The description is a Python dictionary of three entries, in any order. */
struct scanner {
    struct sg_str left;
};

static void skip_spaces(struct scanner *s)
{
    while (s->left.n && (s->left.p[0] == ' ' || s->left.p[0] == '\n')) {
        s->left.p++;
        s->left.n--;
    }
}

static bool take(struct scanner *s, char c)
{
    skip_spaces(s);
    if (!s->left.n || s->left.p[0] != c)
        return false;
    s->left.p++;
    s->left.n--;
    return true;
}

static bool take_text(struct scanner *s, struct sg_str *out)
{
    if (!take(s, '\''))
        return false;
    const char *end = memchr(s->left.p, '\'', s->left.n);
    if (!end)
        return false;
    *out = (struct sg_str){s->left.p, (size_t)(end - s->left.p)};
    s->left.p += out->n + 1;
    s->left.n -= out->n + 1;
    return true;
}

static bool take_word(struct scanner *s, const char *word)
{
    struct sg_str w = sg_str(word);
    skip_spaces(s);
    if (!sg_str_starts(s->left, w))
        return false;
    s->left.p += w.n;
    s->left.n -= w.n;
    return true;
}

static bool take_number(struct scanner *s, size_t *out)
{
    uint64_t v;
    struct sg_str digits;
    skip_spaces(s);
    digits = (struct sg_str){s->left.p, 0};
    while (digits.n < s->left.n && s->left.p[digits.n] >= '0' && s->left.p[digits.n] <= '9')
        digits.n++;
    if (!sg_str_to_u64(digits, &v) || v > SIZE_MAX)
        return false;
    s->left.p += digits.n;
    s->left.n -= digits.n;
    *out = (size_t)v;
    return true;
}

/* (3,) and (3, 64) */
static bool take_shape(struct scanner *s, struct sg_npy *out)
{
    out->columns = 1;
    if (!take(s, '(') || !take_number(s, &out->rows) || !take(s, ','))
        return false;
    skip_spaces(s);
    if (s->left.n && s->left.p[0] != ')' && !take_number(s, &out->columns))
        return false;
    return take(s, ')');
}

static bool take_type(struct scanner *s, struct sg_npy *out)
{
    struct sg_str type;
    if (!take_text(s, &type) || type.n != 3 || type.p[0] != '<' || !memchr("fiu", type.p[1], 3) ||
        (type.p[2] != '4' && type.p[2] != '8'))
        return false;
    out->kind = type.p[1];
    out->bytes = (size_t)(type.p[2] - '0');
    return true;
}

static bool describe(struct sg_str text, struct sg_npy *out)
{
    struct scanner s = {text};
    unsigned seen = 0;
    if (!take(&s, '{'))
        return false;
    while (!take(&s, '}')) {
        struct sg_str key;
        bool good = take_text(&s, &key) && take(&s, ':');
        if (good && sg_str_eq(key, SG_STR("descr")))
            good = take_type(&s, out), seen |= 1;
        else if (good && sg_str_eq(key, SG_STR("fortran_order")))
            good = take_word(&s, "False"), seen |= 2;
        else if (good && sg_str_eq(key, SG_STR("shape")))
            good = take_shape(&s, out), seen |= 4;
        else
            good = false;
        if (!good)
            return false;
        (void)take(&s, ',');
    }
    return seen == 7;
}

static uint32_t load32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

int sg_npy_parse(struct sg_npy *out, struct sg_str bytes, struct sg_error *e)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    *out = (struct sg_npy){0};
    if (bytes.n < 12 || memcmp(p, MAGIC, 6) != 0 || p[6] < 1 || p[6] > 3)
        return sg_fail(e, SG_ECORRUPT, "not an array as NumPy saves it (.npy)");
    size_t start = p[6] == 1 ? 10 : 12;
    size_t header = p[6] == 1 ? p[8] | (size_t)p[9] << 8 : load32(p + 8);
    if (header > HEADER_MAX || header > bytes.n - start)
        return sg_fail(e, SG_ECORRUPT, "the description is longer than the file or %d bytes",
                       HEADER_MAX);
    if (!describe((struct sg_str){bytes.p + start, header}, out))
        return sg_fail(
            e, SG_ECORRUPT,
            "expected one or two dimensions of <f4, <f8, <i4, <i8, <u4 or <u8 in C order");
    size_t size = bytes.n - start - header, numbers;
    if (__builtin_mul_overflow(out->rows, out->columns, &numbers) || numbers > size / out->bytes ||
        numbers * out->bytes != size)
        return sg_fail(e, SG_ECORRUPT, "%zu bytes for %zu x %zu numbers of %zu", size, out->rows,
                       out->columns, out->bytes);
    out->data = p + start + header;
    return 0;
}

int sg_npy_open(struct sg_npy *out, const char *path, struct sg_error *e)
{
    struct sg_map map;
    *out = (struct sg_npy){0};
    int rc = sg_map_open(&map, path, 1, e);
    if (rc)
        return rc;
    rc = sg_npy_parse(out, (struct sg_str){(const char *)map.p, map.n}, e);
    if (rc) {
        sg_map_close(&map);
        return sg_wrap(e, "%s", path);
    }
    out->map = map;
    return 0;
}

void sg_npy_close(struct sg_npy *a)
{
    sg_map_close(&a->map);
    *a = (struct sg_npy){0};
}

static const unsigned char *element(const struct sg_npy *a, size_t row, size_t column)
{
    return row < a->rows && column < a->columns ? a->data + (row * a->columns + column) * a->bytes
                                                : NULL;
}

bool sg_npy_float(const struct sg_npy *a, size_t row, size_t column, float *out)
{
    const unsigned char *p = element(a, row, column);
    double wide;
    if (!p || a->kind != 'f')
        return false;
    if (a->bytes == 4) {
        memcpy(out, p, sizeof *out);
    } else {
        memcpy(&wide, p, sizeof wide);
        if (!(fabs(wide) <= 3.0e38))
            return false;
        *out = (float)wide;
    }
    return isfinite(*out);
}

bool sg_npy_whole(const struct sg_npy *a, size_t row, size_t column, uint64_t *out)
{
    const unsigned char *p = element(a, row, column);
    if (!p || a->kind == 'f')
        return false;
    *out = load32(p);
    if (a->bytes == 8)
        *out |= (uint64_t)load32(p + 4) << 32;
    return a->kind == 'u' || !(*out >> (8 * a->bytes - 1));
}
