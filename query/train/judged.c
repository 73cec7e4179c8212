/* judged.c - the file of judged queries, and what counts as the answer: see train.h. */
#include "core/text.h"
#include "query/train.h"
#include "schemas/catalogue.h"
#include <xxhash.h>

#define COLUMNS 4

static struct sg_str trim(struct sg_str s)
{
    while (s.n && (unsigned char)s.p[0] <= ' ')
        s.p++, s.n--;
    while (s.n && (unsigned char)s.p[s.n - 1] <= ' ')
        s.n--;
    return s;
}

/* What stands before the separator; the rest stays in *s. */
static struct sg_str take(struct sg_str *s, struct sg_str separator)
{
    struct sg_str all = *s;
    for (size_t i = 0; i + separator.n <= all.n; i++)
        if (!memcmp(all.p + i, separator.p, separator.n)) {
            *s = (struct sg_str){all.p + i + separator.n, all.n - i - separator.n};
            return (struct sg_str){all.p, i};
        }
    *s = (struct sg_str){all.p + all.n, 0};
    return all;
}

static int parse_line(struct sg_judged *j, struct sg_str line, const char *name, size_t number,
                      struct sg_error *e)
{
    struct sg_str column[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++)
        column[i] = take(&line, SG_STR("\t"));
    *j = (struct sg_judged){column[0], trim(column[1]), trim(column[2]), trim(column[3]), false};
    if (!trim(j->query).n || !j->expected.n)
        return sg_fail(e, SG_EINVAL, "%s:%zu: expected query, type and answer between tabs", name,
                       number);
    if (!sg_str_eq(j->type, SG_STR("any")) && sg_kind_of(j->type) == SG_KINDS)
        return sg_fail(e, SG_EINVAL,
                       "%s:%zu: the type must be song, artist, album, playlist or any, not '%.*s'",
                       name, number, j->type.n > 40 ? 40 : (int)j->type.n, j->type.p);
    j->held_out = XXH3_64bits(j->query.p, j->query.n) % 3 == 0;
    return 0;
}

static size_t count_lines(struct sg_str text)
{
    size_t n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '\n';
    return n;
}

int sg_judged_parse(struct sg_list *out, const char *name, struct sg_str text, struct sg_arena *a,
                    struct sg_error *e)
{
    struct sg_judged *all = sg_arena_array(a, count_lines(text), sizeof *all);
    if (!all)
        return sg_fail(e, SG_ENOMEM, "%s", name);
    size_t n = 0;
    int rc = 0;
    for (size_t number = 1; text.n && !rc; number++) {
        struct sg_str line = take(&text, SG_STR("\n"));
        if (trim(line).n && line.p[0] != '#')
            rc = parse_line(&all[n++], line, name, number, e);
    }
    if (!rc)
        *out = (struct sg_list){all, n};
    return rc;
}

static bool same_name(struct sg_str a, struct sg_str b)
{
    char x[SG_TEXT_MAX], y[SG_TEXT_MAX];
    size_t n = sg_text_fold(x, sizeof x, a), m = sg_text_fold(y, sizeof y, b);
    return n == m && !memcmp(x, y, n);
}

static bool is_by(const struct sg_hit *h, struct sg_str artist)
{
    return !artist.n || (h->artist && same_name(h->artist->name, artist));
}

bool sg_judged_is_answer(const struct sg_judged *j, const struct sg_hit *h)
{
    if (!sg_str_eq(j->type, SG_STR("any")) && !sg_str_eq(j->type, h->type))
        return false;
    struct sg_str left = j->expected;
    while (left.n) {
        struct sg_str artist = take(&left, SG_STR(" || "));
        struct sg_str title = trim(take(&artist, SG_STR(" | ")));
        if (same_name(title, h->title.n ? h->title : h->name) && is_by(h, trim(artist)))
            return true;
    }
    return false;
}
