/* str.h - a view of bytes owned by somebody else; not zero-terminated. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct sg_str {
    const char *p;
    size_t n;
};

#define SG_STR(literal) ((struct sg_str){"" literal, sizeof(literal) - 1})
#define SG_STR_NONE     ((struct sg_str){NULL, 0})
/* For printf: printf("%.*s", SG_FMT(s)) */
#define SG_FMT(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct sg_str sg_str(const char *z)
{
    return (struct sg_str){z, z ? strlen(z) : 0};
}

static inline bool sg_str_eq(struct sg_str a, struct sg_str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Byte order, shorter first on a tie: <0, 0, >0. */
static inline int sg_str_cmp(struct sg_str a, struct sg_str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static inline bool sg_str_starts(struct sg_str s, struct sg_str prefix)
{
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

/* Decimal digits only, whole string; false on anything else or overflow. */
bool sg_str_to_u64(struct sg_str s, uint64_t *out);
bool sg_str_to_i64(struct sg_str s, int64_t *out);
bool sg_str_to_f64(struct sg_str s, double *out);

/* Valid UTF-8 without surrogates or over-long forms (RFC 3629). */
bool sg_str_is_utf8(struct sg_str s);
