/* suggest.c - see suggest.h. */
#include "query/suggest.h"
#include "core/clock.h"
#include "query/highlight.h"
#include "query/parse.h"
#include "query/rank.h"
#include "query/suggest/parts.h"
#include <ctype.h>
#include <xxhash.h>

#define LIMIT_MAX 20

static struct sg_str artist_name(struct sg_searcher *s, uint64_t id, struct sg_arena *a)
{
    struct sg_artist artist;
    if (!id || sg_searcher_record(s, SG_ARTIST, id, a, &artist, NULL) || !artist.name.n)
        return SG_STR_NONE;
    return artist.name;
}

static struct sg_str cover_of(struct sg_searcher *s, uint64_t album_id, struct sg_arena *a)
{
    struct sg_album album;
    if (!album_id || sg_searcher_record(s, SG_ALBUM, album_id, a, &album, NULL))
        return SG_STR_NONE;
    return album.cover_art_url;
}

static int read_song(struct sg_searcher *s, uint64_t id, struct sg_arena *a,
                     struct sg_suggestion *out)
{
    struct sg_song song;
    int rc = sg_searcher_record(s, SG_SONG, id, a, &song, NULL);
    if (rc)
        return rc;
    out->text = song.title;
    out->image_url = cover_of(s, song.album_id, a);
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
    out->image_url = album.cover_art_url;
    out->detail = artist_name(s, album.artist_id, a);
    return 0;
}

static int read_artist(struct sg_searcher *s, uint64_t id, struct sg_arena *a,
                       struct sg_suggestion *out)
{
    struct sg_artist artist;
    int rc = sg_searcher_record(s, SG_ARTIST, id, a, &artist, NULL);
    if (rc)
        return rc;
    out->text = artist.name;
    out->image_url = artist.image_url;
    return 0;
}

static int read_playlist(struct sg_searcher *s, uint64_t id, struct sg_arena *a,
                         struct sg_suggestion *out)
{
    struct sg_playlist playlist;
    int rc = sg_searcher_record(s, SG_PLAYLIST, id, a, &playlist, NULL);
    if (!rc)
        out->text = playlist.name;
    return rc;
}

static int read_entry(struct sg_searcher *s, const struct candidate *c, struct sg_arena *a,
                      struct sg_suggestion *out)
{
    *out = (struct sg_suggestion){.type = sg_str(sg_kind_names[c->kind]), .id = c->id};
    int rc = c->kind == SG_SONG     ? read_song(s, c->id, a, out)
             : c->kind == SG_ALBUM  ? read_album(s, c->id, a, out)
             : c->kind == SG_ARTIST ? read_artist(s, c->id, a, out)
                                    : read_playlist(s, c->id, a, out);
    return rc ? rc : out->text.n ? 0 : SG_ENOENT;
}

static bool starts_folded(struct sg_str text, struct sg_str prefix)
{
    char folded[SG_TEXT_MAX];
    size_t n = sg_text_fold(folded, sizeof folded, text);
    return sg_str_starts((struct sg_str){folded, n}, prefix);
}

/* The bytes of the text that were typed: from the first word that starts so, or all
 * of it when its artist follows. */
static void mark_typed(struct sg_suggestion *out, struct sg_str prefix)
{
    struct sg_words words;
    if (isalnum((unsigned char)out->text.p[0]) && starts_folded(out->text, prefix)) {
        out->to = (int64_t)sg_highlight_typed(out->text, prefix);
        return;
    }
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
    char folded[SG_TEXT_MAX];
    struct sg_str whole = {folded, sg_text_fold(folded, sizeof folded, out->text)};
    if (whole.n < prefix.n && prefix.p[whole.n] == ' ' && sg_str_starts(prefix, whole))
        out->to = (int64_t)out->text.n;
}

/* What people would call the same: a song, the single it came out on, and its versions
 * until more than what they share is typed. */
static uint64_t name_of(const struct sg_suggestion *x, size_t typed)
{
    char text[2 * SG_TEXT_MAX + 1];
    size_t n = sg_text_fold(text, SG_TEXT_MAX, x->text);
    size_t core = sg_title_core((struct sg_str){text, n});
    n = core >= typed ? core : n;
    text[n++] = SG_SUGGEST_BY;
    n += sg_text_fold(text + n, SG_TEXT_MAX, x->detail);
    return XXH3_64bits(text, n);
}

struct shown {
    struct sg_suggestion *v;
    size_t typed; /* bytes */
    uint64_t name[LIMIT_MAX];
    size_t n;
    struct sg_suggestion again[LIMIT_MAX]; /* of a name shown, but another kind or version */
    size_t n_again;
};

static bool is_same(const struct sg_suggestion *a, const struct sg_suggestion *b)
{
    return sg_str_eq(a->type, b->type) && name_of(a, SIZE_MAX) == name_of(b, SIZE_MAX);
}

static void show_one(struct shown *x, const struct sg_suggestion *s)
{
    uint64_t name = name_of(s, x->typed);
    for (size_t i = 0; i < x->n; i++) {
        if (x->name[i] != name)
            continue;
        bool same = is_same(&x->v[i], s);
        for (size_t k = 0; k < x->n_again && !same; k++)
            same = is_same(&x->again[k], s);
        if (!same && x->n_again < LIMIT_MAX)
            x->again[x->n_again++] = *s;
        return;
    }
    x->name[x->n] = name;
    x->v[x->n++] = *s;
}

/* Different names first, then what else is called so. */
static size_t show(struct sg_searcher *s, const struct candidates *c, struct sg_str prefix,
                   struct sg_arena *a, struct sg_suggestion *out, size_t limit)
{
    struct shown x = {.v = out, .typed = prefix.n};
    struct sg_suggestion next;
    for (size_t i = 0; i < c->n && x.n < limit; i++)
        if (!read_entry(s, &c->v[i], a, &next))
            show_one(&x, &next);
    for (size_t i = 0; i < x.n_again && x.n < limit; i++)
        x.v[x.n++] = x.again[i];
    for (size_t i = 0; i < x.n; i++)
        mark_typed(&out[i], prefix);
    return x.n;
}

static void read_typed(struct sg_str q, size_t limit, struct typed *out)
{
    out->limit = limit;
    out->n = sg_text_fold(out->text, SG_PREFIX_MAX, q);
    out->ended = (unsigned char)q.p[q.n - 1] <= ' ';
}

/* Nothing starts so. A word nobody knows is rather a slip; known ones are in another
 * order. */
static void guess(struct sg_searcher *s, const struct typed *t, struct candidates *out)
{
    bool known = all_known(s, t);
    if (known)
        find_elsewhere(s, t, out);
    if (out->n == 0 && !correct(s, t, out) && !known)
        find_elsewhere(s, t, out);
}

static size_t complete(struct sg_searcher *s, const struct sg_suggest_request *r,
                       struct sg_arena *a, struct sg_suggestion *out)
{
    size_t limit = (size_t)r->limit;
    struct candidates c;
    struct typed t;
    c.n = 0;
    read_typed(r->q, limit, &t);
    if (t.n == 0)
        return 0;
    gather(s, &t, &c);
    if (c.n < limit && t.ended) {
        t.ended = false;
        gather(s, &t, &c);
    }
    if (r->taste)
        add_liked(s, r->taste, &t, a, &c);
    if (c.n == 0)
        guess(s, &t, &c);
    candidates_sort(&c);
    return show(s, &c, (struct sg_str){t.text, t.n}, a, out, limit);
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
    out->suggestions = (struct sg_list){v, complete(s, r, a, v)};
    out->generation = sg_str(sg_searcher_generation(s));
    out->took_us = sg_now_us() - start_us;
    return 0;
}
