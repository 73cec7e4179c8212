/* billboard.c - the Hot 100: songs.tsv, one row a (title, artist as credited).
 *
 * Points over all weeks are the play count. The first week in the chart is not
 * a release date, so there is none; nor album, genre and duration. Songs and
 * artists have no ids there: their external ids are hashes of what they are
 * called.
 */
#include "data/import/import.h"
#include <stdio.h>
#include <strings.h>
#include <xxhash.h>

struct billboard {
    struct sg_buf song, artist, named;
};

/* The byte behind the separator found at or after from, and its own start. */
static bool find_word(struct sg_str s, const char *word, size_t *at, size_t *behind)
{
    size_t n = strlen(word);
    for (size_t i = 1; i + n < s.n; i++) {
        if (s.p[i - 1] != ' ' && s.p[i - 1] != '(')
            continue;
        if (!strncasecmp(s.p + i, word, n) && s.p[i + n] == ' ') {
            *at = i - 1;
            *behind = i + n + 1;
            return true;
        }
    }
    return false;
}

void sg_credit_split(struct sg_str credit, struct sg_str *lead, struct sg_str *guest)
{
    static const char *const words[] = {"featuring", "feat.", "ft.", "feat", "ft"};
    size_t at = SIZE_MAX, behind = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t a, b;
        if (find_word(credit, words[i], &a, &b) && a < at)
            at = a, behind = b;
    }
    *lead = credit;
    *guest = (struct sg_str){credit.p + credit.n, 0};
    if (at == SIZE_MAX)
        return;
    struct sg_str l = {credit.p, at}, g = {credit.p + behind, credit.n - behind};
    if (credit.p[at] == '(' && g.n && g.p[g.n - 1] == ')')
        g.n--;
    if (!sg_import_text(&l, SIZE_MAX, false) && !sg_import_text(&g, SIZE_MAX, false)) {
        *lead = l;
        *guest = g;
    }
}

static struct sg_str hashed(struct sg_buf *out, const char *source, struct sg_str text)
{
    XXH128_hash_t h = XXH3_128bits(text.p, text.n);
    char hex[33];
    snprintf(hex, sizeof hex, "%016llx%016llx", (unsigned long long)h.high64,
             (unsigned long long)h.low64);
    return sg_import_key(out, source, (struct sg_str){hex, 32});
}

static void put_artist(struct billboard *b, struct sg_import *i, uint64_t line, struct sg_str song,
                       struct sg_str name, bool guest)
{
    struct sg_str key = hashed(&b->artist, i->source, name);
    sg_stage_put(&i->stage, SG_STAGE_ARTIST, line, (struct sg_str[]){key, name}, 2);
    sg_stage_put(&i->stage, SG_STAGE_CREDIT, line,
                 (struct sg_str[]){song, guest ? SG_STR("2") : SG_STR("1"), key,
                                   guest ? SG_STR("featured") : SG_STR("main")},
                 4);
}

static int song_row(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
                    struct sg_error *e)
{
    struct billboard *b = ctx;
    struct sg_str c[7], lead, guest;
    uint64_t points;
    (void)e;
    if (line == 1 || !sg_import_cells(i, line, text, c, 7))
        return 0;
    const char *why = sg_import_text(&c[0], SG_NAME_MAX, false), *what = "title";
    if (!why)
        why = sg_import_text(&c[1], SG_NAME_MAX, false), what = "artist";
    if (!why && (!sg_str_to_u64(c[6], &points) || points > INT64_MAX))
        why = "expected a whole number", what = "points";
    if (why) {
        sg_import_reject(i, line, what, why);
        return 0;
    }
    sg_buf_reset(&b->named);
    sg_buf_str_put(&b->named, c[0]);
    sg_buf_putc(&b->named, '\t');
    sg_buf_str_put(&b->named, c[1]);
    struct sg_str song = hashed(&b->song, i->source, sg_buf_str(&b->named));
    sg_credit_split(c[1], &lead, &guest);
    put_artist(b, i, line, song, lead, false);
    if (guest.n)
        put_artist(b, i, line, song, guest, true);
    sg_stage_put(&i->stage, SG_STAGE_SONG, line,
                 (struct sg_str[]){song, c[0], SG_STR_NONE, SG_STR_NONE, SG_STR_NONE, SG_STR_NONE,
                                   SG_STR_NONE, SG_STR("f"), c[6]},
                 9);
    return 0;
}

int sg_import_billboard(struct sg_import *i, const char *dir, struct sg_error *e)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/songs.tsv", dir) >= (int)sizeof path)
        return sg_fail(e, SG_ELIMIT, "%.100s...: path too long", dir);
    struct billboard b = {0};
    int rc = sg_import_file(i, path, song_row, &b, e);
    sg_buf_free(&b.song);
    sg_buf_free(&b.artist);
    sg_buf_free(&b.named);
    return rc;
}
