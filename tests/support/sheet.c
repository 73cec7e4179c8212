/* sheet.c - see sheet.h. */
#include "tests/support/sheet.h"
#include <stdlib.h>

static void check_text(struct sg_str s)
{
    if (s.n > SG_SHEET_TEXT || !sg_str_is_utf8(s) || memchr(s.p ? s.p : "", '\n', s.n))
        abort();
}

static void check(const struct sg_sheet *s)
{
    check_text(s->title);
    for (size_t i = 0; i < s->n; i++) {
        check_text(s->v[i].title);
        check_text(s->v[i].artist);
        check_text(s->v[i].album);
        check_text(s->v[i].location);
        if (s->v[i].isrc.n && s->v[i].isrc.n != 12)
            abort();
        if (s->v[i].duration_s < 0 || s->v[i].duration_s > 86400)
            abort();
    }
}

void test_sheet_round_trip(struct sg_str file,
                           int (*read)(struct sg_str, struct sg_arena *, struct sg_sheet *,
                                       struct sg_error *),
                           void (*write)(const struct sg_sheet *, struct sg_buf *))
{
    struct sg_arena arena = {0};
    struct sg_buf out = {0};
    struct sg_sheet first, second;
    struct sg_error e = SG_ERROR_INIT;
    if (read(file, &arena, &first, &e) == 0) {
        check(&first);
        write(&first, &out);
        if (!sg_buf_failed(&out) && out.n <= SG_SHEET_BYTES) {
            if (read(sg_buf_str(&out), &arena, &second, &e) || second.n != first.n)
                abort();
            for (size_t i = 0; i < first.n; i++)
                if (second.v[i].song_id != first.v[i].song_id)
                    abort();
        }
    }
    sg_buf_free(&out);
    sg_arena_free(&arena);
}
