/* suggest.c - see suggest.h. */
#include "query/suggest.h"
#include "core/clock.h"
#include "index/spell.h"
#include "index/suggest.h"
#include "query/highlight.h"
#include "query/parse.h"
#include <math.h>
#include <stdlib.h>

#define LIMIT_MAX    20
#define CANDIDATES   64   /* completions looked at: some are stale, some look the same */
#define INFIX_WORTH  0.8f /* of an entry matched from a later word, beside a first one */
#define CORRECT_FROM 3    /* letters */
#define CORRECTIONS  4

struct candidate {
    enum sg_kind kind;
    uint64_t id;
    float worth;
};
struct candidates {
    size_t n;
    struct candidate v[2 * CANDIDATES];
};

static void add(struct candidates *c, enum sg_kind kind, uint64_t id, float worth)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i].id == id && c->v[i].kind == kind)
            return;
    if (c->n < sizeof c->v / sizeof *c->v)
        c->v[c->n++] = (struct candidate){kind, id, worth};
}

static int by_worth(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->worth != y->worth)
        return x->worth < y->worth ? 1 : -1;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* Stale entries of the base are left out; their live form is in the overlay. */
static void find(struct sg_searcher *s, struct sg_str prefix, struct candidates *out)
{
    struct sg_completion base[CANDIDATES];
    struct sg_overlay_entry live[CANDIDATES];
    const struct sg_suggest *segment = sg_searcher_suggest(s);
    size_t n = sg_searcher_overlay(s, prefix, live, CANDIDATES);
    for (size_t i = 0; i < n; i++)
        add(out, live[i].kind, live[i].id, log1pf((float)live[i].popularity));
    n = segment ? sg_suggest_match(segment, prefix, SG_ALL_KINDS, base, CANDIDATES / 2) : 0;
    for (size_t i = 0; i < n; i++)
        if (!sg_searcher_is_dead(s, base[i].kind, base[i].id))
            add(out, base[i].kind, base[i].id,
                base[i].infix ? base[i].weight * INFIX_WORTH : base[i].weight);
    qsort(out->v, out->n, sizeof *out->v, by_worth);
}

static struct sg_str artist_name(struct sg_searcher *s, uint64_t id, struct sg_arena *a)
{
    struct sg_artist artist;
    if (!id || sg_searcher_record(s, SG_ARTIST, id, a, &artist, NULL) || !artist.name.n)
        return SG_STR_NONE;
    return artist.name;
}

static int read_song(struct sg_searcher *s, uint64_t id, struct sg_arena *a,
                     struct sg_suggestion *out)
{
    struct sg_song song;
    int rc = sg_searcher_record(s, SG_SONG, id, a, &song, NULL);
    if (rc)
        return rc;
    out->text = song.title;
    if (song.artist_ids.n)
        out->detail = artist_name(s, *(const uint64_t *)song.artist_ids.v, a);
    return 0;
}

static int read_album(struct sg_searcher *s, uint64_t id, struct sg_arena *a,
                      struct sg_suggestion *out)
{
    struct sg_album album;
    int rc = sg_searcher_record(s, SG_ALBUM, id, a, &album, NULL);
    if (rc)
        return rc;
    out->text = album.title;
    out->detail = artist_name(s, album.artist_id, a);
    return 0;
}

static int read_named(struct sg_searcher *s, enum sg_kind kind, uint64_t id, struct sg_arena *a,
                      struct sg_suggestion *out)
{
    union {
        struct sg_artist artist;
        struct sg_playlist playlist;
    } record;
    int rc = sg_searcher_record(s, kind, id, a, &record, NULL);
    if (!rc)
        out->text = kind == SG_ARTIST ? record.artist.name : record.playlist.name;
    return rc;
}

static int read_entry(struct sg_searcher *s, const struct candidate *c, struct sg_arena *a,
                      struct sg_suggestion *out)
{
    *out = (struct sg_suggestion){.type = sg_str(sg_kind_names[c->kind]), .id = c->id};
    int rc = c->kind == SG_SONG    ? read_song(s, c->id, a, out)
             : c->kind == SG_ALBUM ? read_album(s, c->id, a, out)
                                   : read_named(s, c->kind, c->id, a, out);
    return rc ? rc : out->text.n ? 0 : SG_ENOENT;
}

static bool starts_folded(struct sg_str text, struct sg_str prefix)
{
    char folded[SG_TEXT_MAX];
    size_t n = sg_text_fold(folded, sizeof folded, text);
    return sg_str_starts((struct sg_str){folded, n}, prefix);
}

/* The bytes of the text that were typed: from the first word that starts so. */
static void mark_typed(struct sg_suggestion *out, struct sg_str prefix)
{
    struct sg_words words;
    while (prefix.n && prefix.p[prefix.n - 1] == ' ')
        prefix.n--;
    sg_text_words(&words, out->text);
    for (size_t i = 0; i < words.n; i++) {
        size_t from = words.v[i].from;
        struct sg_str rest = {out->text.p + from, out->text.n - from};
        if (from >= out->text.n || !starts_folded(rest, prefix))
            continue;
        out->from = (int64_t)from;
        out->to = (int64_t)(from + sg_highlight_typed(rest, prefix));
        return;
    }
}

static bool looks_same(const struct sg_suggestion *a, const struct sg_suggestion *b)
{
    return sg_str_eq(a->type, b->type) && sg_str_eq(a->text, b->text) &&
           sg_str_eq(a->detail, b->detail);
}

static bool is_shown(const struct sg_suggestion *shown, size_t n, const struct sg_suggestion *s)
{
    for (size_t i = 0; i < n; i++)
        if (looks_same(&shown[i], s))
            return true;
    return false;
}

static size_t show(struct sg_searcher *s, const struct candidates *c, struct sg_str prefix,
                   struct sg_arena *a, struct sg_suggestion *out, size_t limit)
{
    size_t n = 0;
    for (size_t i = 0; i < c->n && n < limit; i++) {
        if (read_entry(s, &c->v[i], a, &out[n]) || is_shown(out, n, &out[n]))
            continue;
        mark_typed(&out[n++], prefix);
    }
    return n;
}

/* prefix: the typed text with its last word replaced by one the catalogue has. */
static size_t show_corrected(struct sg_searcher *s, char *prefix, size_t n, struct sg_arena *a,
                             struct sg_suggestion *out, size_t limit)
{
    const struct sg_spell *spell = sg_searcher_spell(s);
    struct sg_spelling found[CORRECTIONS];
    size_t at = n;
    while (at && prefix[at - 1] != ' ')
        at--;
    struct sg_str last = {prefix + at, n - at};
    if (!spell || sg_utf8_count(last) < CORRECT_FROM || last.n > SG_WORD_MAX)
        return 0;
    size_t k = sg_spell_correct(spell, last, 1, found, CORRECTIONS), shown = 0;
    for (size_t i = 0; i < k && !shown; i++) {
        struct candidates c = {0};
        if (at + found[i].word.n > SG_PREFIX_MAX)
            continue;
        memcpy(prefix + at, found[i].word.p, found[i].word.n);
        struct sg_str corrected = {prefix, at + found[i].word.n};
        find(s, corrected, &c);
        shown = show(s, &c, corrected, a, out, limit);
    }
    return shown;
}

/* The folded text; with a space at its end when one was typed there, so that
 * "the " does not complete to "them". */
static size_t fold_prefix(char out[SG_PREFIX_MAX], struct sg_str q)
{
    size_t n = sg_text_fold(out, SG_PREFIX_MAX, q);
    if (n && n < SG_PREFIX_MAX && (unsigned char)q.p[q.n - 1] <= ' ')
        out[n++] = ' ';
    return n;
}

static size_t complete(struct sg_searcher *s, struct sg_str q, struct sg_arena *a,
                       struct sg_suggestion *out, size_t limit)
{
    char prefix[SG_PREFIX_MAX];
    struct candidates c = {0};
    size_t n = fold_prefix(prefix, q);
    if (n == 0)
        return 0;
    find(s, (struct sg_str){prefix, n}, &c);
    if (c.n < limit && prefix[n - 1] == ' ')
        find(s, (struct sg_str){prefix, --n}, &c);
    size_t shown = show(s, &c, (struct sg_str){prefix, n}, a, out, limit);
    if (!shown && prefix[n - 1] != ' ')
        shown = show_corrected(s, prefix, n, a, out, limit);
    return shown;
}

int sg_complete(struct sg_searcher *s, const struct sg_suggest_request *r, struct sg_arena *a,
                struct sg_suggest_reply *out, struct sg_error *e)
{
    int64_t start_us = sg_now_us();
    int rc = sg_query_check_text(r->q, e);
    if (!rc && (r->limit < 1 || r->limit > LIMIT_MAX))
        rc = sg_fail_field(e, "limit", "must be from 1 to %d, got %lld", LIMIT_MAX,
                           (long long)r->limit);
    if (rc)
        return rc;
    struct sg_suggestion *v = sg_arena_array(a, (size_t)r->limit, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "suggestions");
    out->suggestions = (struct sg_list){v, complete(s, r->q, a, v, (size_t)r->limit)};
    out->generation = sg_str(sg_searcher_generation(s));
    out->took_us = sg_now_us() - start_us;
    return 0;
}
