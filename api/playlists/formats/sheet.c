/* sheet.c - see parts.h. */
#include "api/playlists/formats/parts.h"
#include "core/text.h"

static bool is_control(const char *p, size_t left)
{
    unsigned char c = (unsigned char)*p;
    /* ASCII's, U+0080 to U+009F, the line and paragraph separators, U+FFFE and U+FFFF. */
    return c < 0x20 || c == 0x7f || (c == 0xc2 && left > 1 && (unsigned char)p[1] < 0xa0) ||
           (c == 0xe2 && left > 2 && (unsigned char)p[1] == 0x80 &&
            ((unsigned char)p[2] & 0xfe) == 0xa8) ||
           (c == 0xef && left > 2 && (unsigned char)p[1] == 0xbf && (unsigned char)p[2] >= 0xbe);
}

static size_t bytes_of_control(const char *p)
{
    unsigned char c = (unsigned char)*p;
    return c == 0xc2 ? 2 : c >= 0xe2 ? 3 : 1;
}

/* The bytes of the valid UTF-8 character at p; 0: none. */
static size_t character(const char *p, size_t left)
{
    unsigned char c = (unsigned char)*p;
    size_t n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 0;
    return n && n <= left && sg_str_is_utf8((struct sg_str){p, n}) ? n : 0;
}

static void put_clean(struct sg_buf *out, struct sg_str text, size_t most)
{
    for (size_t i = 0; i < text.n && out->n < most;) {
        size_t n = character(text.p + i, text.n - i);
        if (!n) {
            sg_buf_puts(out, "\xef\xbf\xbd");
            i++;
        } else if (is_control(text.p + i, text.n - i)) {
            sg_buf_putc(out, ' ');
            i += bytes_of_control(text.p + i);
        } else {
            sg_buf_put(out, text.p + i, n);
            i += n;
        }
    }
}

int sheet_text(struct sheet_reader *r, struct sg_str raw, struct sg_str *out)
{
    struct sg_buf b = {0};
    while (raw.n && (unsigned char)*raw.p <= ' ')
        raw.p++, raw.n--;
    put_clean(&b, raw, SG_SHEET_TEXT);
    struct sg_str text = sg_buf_str(&b);
    text.n = sg_utf8_floor(text, text.n < SG_SHEET_TEXT ? text.n : SG_SHEET_TEXT);
    while (text.n && text.p[text.n - 1] == ' ')
        text.n--;
    while (text.n && *text.p == ' ')
        text.p++, text.n--;
    *out = sg_arena_copy(r->arena, text.p ? text : SG_STR(""));
    bool failed = sg_buf_failed(&b) || !out->p;
    sg_buf_free(&b);
    return failed ? sg_fail(r->e, SG_ENOMEM, "a playlist's file") : 0;
}

void sheet_put_line(struct sg_buf *out, struct sg_str text)
{
    put_clean(out, text, SIZE_MAX);
}

int sheet_add(struct sheet_reader *r, const struct sg_sheet_entry *entry)
{
    struct sg_sheet *s = r->sheet;
    if (s->n == SG_SHEET_ENTRIES)
        return sg_fail(r->e, SG_ELIMIT, "the file has more than %d entries", SG_SHEET_ENTRIES);
    if (s->n == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        struct sg_sheet_entry *v = sg_arena_array(r->arena, cap, sizeof *v);
        if (!v)
            return sg_fail(r->e, SG_ENOMEM, "a playlist's file");
        if (s->n)
            memcpy(v, s->v, s->n * sizeof *v);
        s->v = v;
        r->cap = cap;
    }
    s->v[s->n++] = *entry;
    return 0;
}

static bool after(struct sg_str *s, struct sg_str prefix)
{
    if (s->n < prefix.n)
        return false;
    for (size_t i = 0; i < prefix.n; i++)
        if ((s->p[i] | 32) != (prefix.p[i] | 32))
            return false;
    *s = (struct sg_str){s->p + prefix.n, s->n - prefix.n};
    return true;
}

void sheet_identify(struct sg_sheet_entry *entry, struct sg_str name)
{
    struct sg_str s = name;
    uint64_t id;
    if (after(&s, SG_STR("segue:song:"))) {
        if (sg_str_to_u64(s, &id) && id >= 1 && id <= INT64_MAX)
            entry->song_id = id;
        return;
    }
    after(&s, SG_STR("urn:"));
    if (after(&s, SG_STR("isrc:")) && s.n == 12 && !entry->isrc.n) {
        bool good = true; /* ISO 3901: two letters, three of either, seven digits */
        for (size_t i = 0; i < s.n; i++) {
            bool figure = s.p[i] >= '0' && s.p[i] <= '9',
                 letter = (s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z';
            good = good && (i < 2 ? letter : i < 5 ? letter || figure : figure);
        }
        if (good)
            entry->isrc = s;
    }
}
