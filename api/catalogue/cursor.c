/* cursor.c - see cursor.h. */
#include "api/catalogue/cursor.h"
#include "core/text.h"
#include <sodium.h>

enum { VERSION = 1, HEAD = 1 + 1 + 4 + 8 + 8 };

static void put(unsigned char *at, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (unsigned char)(v >> (8 * (bytes - 1 - i)));
}

static uint64_t get(const unsigned char *at, size_t bytes)
{
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++)
        v = v << 8 | at[i];
    return v;
}

static const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;

static struct sg_str encode(struct sg_arena *a, const unsigned char *in, size_t n)
{
    size_t cap = sodium_base64_encoded_len(n, variant);
    char *out = sg_arena_alloc(a, cap);
    return out ? sg_str(sodium_bin2base64(out, cap, in, n, variant)) : SG_STR_NONE;
}

struct sg_str sg_place_write(struct sg_arena *a, const struct sg_place *p)
{
    size_t n =
        p->text.n <= SG_PLACE_TEXT_MAX ? p->text.n : sg_utf8_floor(p->text, SG_PLACE_TEXT_MAX);
    unsigned char *b = sg_arena_alloc(a, HEAD + n);
    if (!b)
        return SG_STR_NONE;
    b[0] = VERSION;
    b[1] = (unsigned char)p->sort;
    put(b + 2, p->question, 4);
    put(b + 6, (uint64_t)p->number, 8);
    put(b + 14, p->id, 8);
    if (n)
        memcpy(b + HEAD, p->text.p, n);
    return encode(a, b, HEAD + n);
}

int sg_place_read(struct sg_arena *a, struct sg_str cursor, char sort, uint32_t question,
                  struct sg_place *out, struct sg_error *e)
{
    unsigned char *b = cursor.n <= SG_CURSOR_TEXT ? sg_arena_alloc(a, cursor.n + 1) : NULL;
    size_t n = 0;
    if (!b || sodium_base642bin(b, cursor.n + 1, cursor.p, cursor.n, NULL, &n, NULL, variant) ||
        n < HEAD || b[0] != VERSION)
        return sg_fail_field(e, "cursor", "cursor: expected next_cursor of the page before");
    struct sg_place p = {(char)b[1],
                         (uint32_t)get(b + 2, 4),
                         (int64_t)get(b + 6, 8),
                         get(b + 14, 8),
                         {(char *)b + HEAD, n - HEAD}};
    if (p.sort != sort || p.question != question)
        return sg_fail_field(e, "cursor", "cursor: it belongs to a list of other filters or order");
    if (!p.id || p.id > INT64_MAX || !sg_str_is_utf8(p.text) || memchr(p.text.p, 0, p.text.n))
        return sg_fail_field(e, "cursor", "cursor: expected next_cursor of the page before");
    *out = p;
    return 0;
}
