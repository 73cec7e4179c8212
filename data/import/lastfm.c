/* lastfm.c - listening of 1,892 users (HetRec 2011): artists, users, who is
 * friends with whom, how they tag the artists, and those tags that name genres.
 *
 * Plays are counted there by user and artist, without songs: they cannot become
 * listening history, and none is invented.
 */
#include "data/import/import.h"
#include <stdio.h>
#include <stdlib.h>

#define TAGS_MAX     100000
#define TAG_USES_MIN 250      /* taggings that make a tag a genre */
#define TAGGINGS_MAX 10000000 /* kept in memory: 8 bytes each */

struct lastfm {
    struct sg_buf key, email, name;
    uint64_t last_user;
    uint32_t *uses;      /* by tag id */
    struct tagging *all; /* somebody tagged an artist */
    size_t n, cap;
};
struct tagging {
    uint32_t tag, artist;
};

static struct sg_str email_of(struct sg_buf *out, const char *source, struct sg_str id)
{
    sg_buf_reset(out);
    sg_buf_printf(out, "%s-%.*s@import.invalid", source, SG_FMT(id));
    return sg_buf_str(out);
}

static bool number(struct sg_str s, uint64_t *v)
{
    return sg_str_to_u64(s, v) && *v <= INT64_MAX;
}

static int artist_row(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
                      struct sg_error *e)
{
    struct lastfm *l = ctx;
    struct sg_str c[4];
    uint64_t id;
    (void)e;
    if (!sg_import_cells(i, line, text, c, 4) || (line == 1 && !number(c[0], &id)))
        return 0;
    const char *why = number(c[0], &id) ? NULL : "expected a whole number", *what = "id";
    if (!why)
        why = sg_import_text(&c[1], SG_NAME_MAX, false), what = "name";
    if (!why)
        why = sg_import_text(&c[3], 2000, true), what = "pictureURL";
    if (why) {
        sg_import_reject(i, line, what, why);
        return 0;
    }
    sg_stage_put(&i->stage, SG_STAGE_ARTIST, line,
                 (struct sg_str[]){sg_import_key(&l->key, i->source, c[0]), c[1],
                                   c[3].n ? c[3] : SG_STR_NONE},
                 3);
    return 0;
}

static int user_row(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
                    struct sg_error *e)
{
    struct lastfm *l = ctx;
    struct sg_str c[3];
    uint64_t id;
    (void)e;
    if (line == 1 || !sg_import_cells(i, line, text, c, 3))
        return 0;
    if (!number(c[0], &id)) {
        sg_import_reject(i, line, "userID", "expected a whole number");
        return 0;
    }
    if (id == l->last_user)
        return 0;
    l->last_user = id;
    sg_buf_reset(&l->name);
    sg_buf_printf(&l->name, "Listener %.*s", SG_FMT(c[0]));
    sg_stage_put(&i->stage, SG_STAGE_USER, line,
                 (struct sg_str[]){email_of(&l->email, i->source, c[0]), sg_buf_str(&l->name)}, 2);
    return 0;
}

static int friend_row(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
                      struct sg_error *e)
{
    struct lastfm *l = ctx;
    struct sg_str c[2];
    uint64_t a, b;
    (void)e;
    if (line == 1 || !sg_import_cells(i, line, text, c, 2))
        return 0;
    if (!number(c[0], &a) || !number(c[1], &b) || a == b) {
        sg_import_reject(i, line, "row", "expected the numbers of two users");
        return 0;
    }
    sg_stage_put(&i->stage, SG_STAGE_FOLLOW, line,
                 (struct sg_str[]){email_of(&l->email, i->source, c[0]),
                                   email_of(&l->name, i->source, c[1])},
                 2);
    return 0;
}

static int keep_tagging(struct lastfm *l, struct tagging one, struct sg_error *e)
{
    if (l->n == TAGGINGS_MAX)
        return sg_fail(e, SG_ELIMIT, "more than %d taggings", TAGGINGS_MAX);
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 65536;
        struct tagging *all = realloc(l->all, cap * sizeof *all);
        if (!all)
            return sg_fail(e, SG_ENOMEM, "%zu taggings", cap);
        l->all = all;
        l->cap = cap;
    }
    l->all[l->n++] = one;
    return 0;
}

static int tagging_row(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
                       struct sg_error *e)
{
    struct lastfm *l = ctx;
    struct sg_str c[6];
    uint64_t tag, artist;
    if (line == 1 || !sg_import_cells(i, line, text, c, 6))
        return 0;
    if (!number(c[2], &tag) || tag >= TAGS_MAX) {
        sg_import_reject(i, line, "tagID", "expected a whole number below 100000");
        return 0;
    }
    if (!number(c[1], &artist) || artist > UINT32_MAX) {
        sg_import_reject(i, line, "artistID", "expected a whole number");
        return 0;
    }
    l->uses[tag]++;
    return keep_tagging(l, (struct tagging){(uint32_t)tag, (uint32_t)artist}, e);
}

static int by_tag(const void *a, const void *b)
{
    const struct tagging *x = a, *y = b;
    if (x->tag != y->tag)
        return x->tag < y->tag ? -1 : 1;
    return (x->artist > y->artist) - (x->artist < y->artist);
}

/* Every artist that was tagged so, with how often. */
static void put_taggings(struct lastfm *l, struct sg_import *i, uint64_t line, uint32_t tag,
                         struct sg_str name)
{
    size_t low = 0, high = l->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->all[middle].tag < tag)
            low = middle + 1;
        else
            high = middle;
    }
    for (size_t to; low < l->n && l->all[low].tag == tag; low = to) {
        char id[16];
        to = low + 1;
        while (to < l->n && !by_tag(&l->all[to], &l->all[low]))
            to++;
        snprintf(id, sizeof id, "%u", l->all[low].artist);
        sg_import_tag(i, line, "artist", sg_import_key(&l->key, i->source, sg_str(id)), name,
                      (uint32_t)(to - low));
    }
}

/* Tags in wide use that say something else than what music it is. */
static bool names_a_genre(struct sg_str tag)
{
    static const char *const others[] = {
        "seen live",  "love",       "favorites", "favourites", "awesome",  "beautiful", "american",
        "british",    "female",     "male",      "usa",        "uk",       "sexy",      "cool",
        "canadian",   "swedish",    "german",    "french",     "japanese", "brazilian", "finnish",
        "australian", "amazing",    "favorite",  "great",      "legend",   "hot",       "best",
        "vocalist",   "songwriter", "guitar",    "party",      "sad",      "catchy",    "summer"};
    if (tag.n < 3 || tag.n > 30 || tag.p[0] < 'a' || tag.p[0] > 'z')
        return false;
    for (size_t i = 0; i < tag.n; i++)
        if (!((tag.p[i] >= 'a' && tag.p[i] <= 'z') || strchr(" -&", tag.p[i])))
            return false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (memmem(tag.p, tag.n, others[i], strlen(others[i])))
            return false;
    return true;
}

static int tag_row(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
                   struct sg_error *e)
{
    struct lastfm *l = ctx;
    const char *why;
    struct sg_str c[2];
    uint64_t tag;
    (void)e;
    if (line == 1 || !sg_import_cells(i, line, text, c, 2))
        return 0;
    if (!number(c[0], &tag) || tag >= TAGS_MAX)
        sg_import_reject(i, line, "tagID", "expected a whole number below 100000");
    else if ((why = sg_import_text(&c[1], SG_TAG_MAX, false)))
        sg_import_reject(i, line, "tagValue", why);
    else {
        if (l->uses[tag] >= TAG_USES_MIN && names_a_genre(c[1]))
            sg_stage_put(&i->stage, SG_STAGE_GENRE, line, &c[1], 1);
        put_taggings(l, i, line, (uint32_t)tag, c[1]);
    }
    return 0;
}

int sg_import_lastfm(struct sg_import *i, const char *dir, struct sg_error *e)
{
    static const struct {
        const char *name;
        sg_import_row_fn row;
    } files[] = {{"artists.dat", artist_row},
                 {"user_artists.dat", user_row},
                 {"user_friends.dat", friend_row},
                 {"user_taggedartists.dat", tagging_row},
                 {"tags.dat", tag_row}};
    struct lastfm l = {.last_user = UINT64_MAX, .uses = calloc(TAGS_MAX, sizeof *l.uses)};
    int rc = l.uses ? 0 : sg_fail(e, SG_ENOMEM, "tags");
    bool resume = i->resume;
    for (size_t k = 0; !rc && k < sizeof files / sizeof *files; k++) {
        char path[4096];
        /* Taggings are counted in memory, and named by the last file. */
        i->resume = resume && files[k].row != tagging_row && files[k].row != tag_row;
        if (files[k].row == tag_row && l.n)
            qsort(l.all, l.n, sizeof *l.all, by_tag);
        snprintf(path, sizeof path, "%s/%s", dir, files[k].name);
        rc = sg_import_file(i, path, files[k].row, &l, e);
    }
    free(l.uses);
    free(l.all);
    sg_buf_free(&l.key);
    sg_buf_free(&l.email);
    sg_buf_free(&l.name);
    return rc;
}
