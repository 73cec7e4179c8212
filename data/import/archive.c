/* archive.c - playlist-archive: tracks.tsv, playlists.tsv, playlist_tracks.tsv.
 *
 * How many playlists hold a track is the popularity we have: it becomes the
 * play count. A playlist's present songs are the rows not removed; rows of
 * one playlist lie together. Where tracks disagree on the name of an artist or
 * album, the first one counts, and those are the most popular. An album belongs to the lead artist
 * of most of its tracks, settled when all are in.
 */
#include "core/pg.h"
#include "data/calendar.h"
#include "data/import/import.h"
#include "data/import/seen.h"
#include <stdio.h>
#include <stdlib.h>

#define OWNER     "playlist-archive@import.invalid"
#define LEADS_MAX 100

struct archive {
    struct sg_buf song, album, artist, playlist;
    uint64_t ordinal;
    struct sg_seen named; /* artists and albums */
    char **seen;          /* ids of the playlists read before this one */
    size_t n_seen;
};

static bool valid_id(struct sg_str id)
{
    return id.n >= 1 && id.n <= 100 && sg_str_is_utf8(id) && !memchr(id.p, 0, id.n) &&
           !memchr(id.p, ' ', id.n);
}

struct track {
    struct sg_str cells[8];
    struct sg_str ids[LEADS_MAX], names[LEADS_MAX];
    size_t n_artists;
};

static const char *check_artists(struct track *t)
{
    size_t n = sg_fields_split(t->cells[2], ';', t->ids, LEADS_MAX);
    size_t m = sg_fields_split(t->cells[3], ';', t->names, LEADS_MAX);
    if (n > LEADS_MAX)
        return "more than 100";
    if (n != m)
        return "as many names as ids expected";
    t->n_artists = n;
    for (size_t k = 0; k < n; k++) {
        if (!valid_id(t->ids[k]))
            return "not an id";
        const char *why = sg_import_text(&t->names[k], SG_NAME_MAX, true);
        if (why)
            return why;
        if (!t->names[k].n) /* the archive knows some by id alone */
            t->names[k] = SG_STR("Unknown Artist");
    }
    return NULL;
}

static bool check_track(struct sg_import *i, uint64_t line, struct track *t)
{
    uint64_t v;
    const char *why = valid_id(t->cells[0]) ? NULL : "not an id", *what = "track_id";
    if (!why)
        why = sg_import_text(&t->cells[1], SG_NAME_MAX, false), what = "title";
    if (!why)
        why = check_artists(t), what = "artists";
    if (!why && !valid_id(t->cells[4]))
        why = "not an id", what = "album_id";
    if (!why)
        why = sg_import_text(&t->cells[5], SG_NAME_MAX, false), what = "album";
    if (!why && t->cells[6].n && (!sg_str_to_u64(t->cells[6], &v) || v > 86400))
        why = "expected seconds up to 86400", what = "duration_s";
    if (!why && (!sg_str_to_u64(t->cells[7], &v) || v > INT64_MAX))
        why = "expected a count", what = "playlists";
    if (why)
        sg_import_reject(i, line, what, why);
    return !why;
}

static struct sg_str seconds(struct sg_str s)
{
    uint64_t v = 0;
    return sg_str_to_u64(s, &v) && v > 0 ? s : SG_STR_NONE;
}

static int put_artist(struct archive *a, struct sg_import *i, uint64_t line, const struct track *t,
                      size_t k, struct sg_str song, struct sg_error *e)
{
    char position[24];
    snprintf(position, sizeof position, "%zu", k + 1);
    struct sg_str key = sg_import_key(&a->artist, i->source, t->ids[k]);
    int rc = sg_seen_add(&a->named, key, e);
    if (rc == 1)
        sg_stage_put(&i->stage, SG_STAGE_ARTIST, line, (struct sg_str[]){key, t->names[k]}, 2);
    sg_stage_put(
        &i->stage, SG_STAGE_CREDIT, line,
        (struct sg_str[]){song, sg_str(position), key, k ? SG_STR("featured") : SG_STR("main")}, 4);
    return rc < 0 ? rc : 0;
}

static int put_album(struct archive *a, struct sg_import *i, uint64_t line, const struct track *t,
                     struct sg_str key, struct sg_error *e)
{
    sg_buf_reset(&a->playlist);
    sg_buf_puts(&a->playlist, "album ");
    sg_buf_str_put(&a->playlist, key);
    int rc = sg_seen_add(&a->named, sg_buf_str(&a->playlist), e);
    if (rc == 1)
        sg_stage_put(&i->stage, SG_STAGE_ALBUM, line,
                     (struct sg_str[]){key, t->cells[5],
                                       sg_import_key(&a->artist, i->source, t->ids[0]), SG_STR_NONE,
                                       SG_STR_NONE, SG_STR("t")},
                     6);
    return rc < 0 ? rc : 0;
}

static int track_row(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
                     struct sg_error *e)
{
    struct archive *a = ctx;
    struct track t;
    if (line == 1 || !sg_import_cells(i, line, text, t.cells, 8) || !check_track(i, line, &t))
        return 0;
    struct sg_str song = sg_import_key(&a->song, i->source, t.cells[0]);
    struct sg_str album = sg_import_key(&a->album, i->source, t.cells[4]);
    int rc = 0;
    for (size_t k = 0; !rc && k < t.n_artists; k++)
        rc = put_artist(a, i, line, &t, k, song, e);
    if (!rc)
        rc = put_album(a, i, line, &t, album, e);
    sg_stage_put(&i->stage, SG_STAGE_SONG, line,
                 (struct sg_str[]){song, t.cells[1], album, SG_STR_NONE, seconds(t.cells[6]),
                                   SG_STR_NONE, SG_STR_NONE, SG_STR("f"), t.cells[7]},
                 9);
    return rc;
}

static int playlist_row(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
                        struct sg_error *e)
{
    struct archive *a = ctx;
    struct sg_str c[3];
    (void)e;
    if (line == 1 || !sg_import_cells(i, line, text, c, 3))
        return 0;
    const char *why = valid_id(c[0]) ? NULL : "not an id", *what = "playlist_id";
    if (!why)
        why = sg_import_text(&c[1], SG_NAME_MAX, false), what = "name";
    if (!why)
        why = sg_import_text(&c[2], 5000, true), what = "description";
    if (why) {
        sg_import_reject(i, line, what, why);
        return 0;
    }
    struct sg_str key = sg_import_key(&a->playlist, i->source, c[0]);
    sg_stage_put(&i->stage, SG_STAGE_USER, line,
                 (struct sg_str[]){SG_STR(OWNER), SG_STR("Playlist archive")}, 2);
    sg_stage_put(&i->stage, SG_STAGE_PLAYLIST, line,
                 (struct sg_str[]){key, SG_STR(OWNER), c[1], c[2].n ? c[2] : SG_STR("")}, 4);
    return 0;
}

static int remember(struct archive *a, struct sg_str id, struct sg_error *e)
{
    if (a->n_seen % 256 == 0) {
        char **more = realloc(a->seen, (a->n_seen + 256) * sizeof *more);
        if (!more)
            return sg_fail(e, SG_ENOMEM, "playlists");
        a->seen = more;
    }
    char *copy = strndup(id.p, id.n);
    if (!copy)
        return sg_fail(e, SG_ENOMEM, "playlists");
    a->seen[a->n_seen++] = copy;
    return 0;
}

static bool was_seen(const struct archive *a, struct sg_str id)
{
    for (size_t k = 0; k < a->n_seen; k++)
        if (sg_str_eq(sg_str(a->seen[k]), id))
            return true;
    return false;
}

/* Turns to another playlist: the only place where a batch may end. */
static int turn(struct archive *a, struct sg_import *i, uint64_t line, struct sg_str id,
                struct sg_error *e)
{
    i->manual = true;
    int rc = sg_stage_full(&i->stage) ? sg_import_flush(i, line - 1, e) : 0;
    if (!rc)
        rc = remember(a, id, e);
    a->ordinal = 0;
    return rc;
}

static int entry_row(void *ctx, struct sg_import *i, uint64_t line, struct sg_str text,
                     struct sg_error *e)
{
    struct archive *a = ctx;
    struct sg_str c[4];
    int64_t day;
    if (line == 1 || !sg_import_cells(i, line, text, c, 4))
        return 0;
    bool same = a->n_seen && sg_str_eq(sg_str(a->seen[a->n_seen - 1]), c[0]);
    const char *why = valid_id(c[0]) && valid_id(c[1]) ? NULL : "not an id";
    if (!why && c[2].n && !sg_date_parse(c[2], &day))
        why = "added: expected YYYY-MM-DD";
    if (!why && !same && was_seen(a, c[0]))
        why = "rows of one playlist must lie together";
    if (why) {
        sg_import_reject(i, line, "row", why);
        return 0;
    }
    int rc = same ? 0 : turn(a, i, line, c[0], e);
    if (rc || c[3].n) /* removed since */
        return rc;
    char position[16];
    struct sg_str list = sg_import_key(&a->playlist, i->source, c[0]);
    struct sg_str song = sg_import_key(&a->song, i->source, c[1]);
    sg_stage_put(&i->stage, SG_STAGE_ENTRY, line,
                 (struct sg_str[]){list, sg_import_position(position, ++a->ordinal), song,
                                   c[2].n ? c[2] : SG_STR_NONE},
                 4);
    return 0;
}

static int settle_albums(struct sg_import *i, struct sg_error *e)
{
    if (!i->stage.c)
        return 0;
    return sg_pg_exec(
        i->stage.c,
        "UPDATE albums b SET artist_id = m.artist_id, updated_at = now() FROM"
        " (SELECT DISTINCT ON (o.album_id) o.album_id, o.artist_id FROM songs o"
        "  JOIN albums x ON x.album_id = o.album_id WHERE starts_with(x.external_id, $1 || ':')"
        "  GROUP BY o.album_id, o.artist_id"
        "  ORDER BY o.album_id, count(*) DESC, min(o.song_id)) m"
        " WHERE b.album_id = m.album_id AND b.artist_id <> m.artist_id",
        1, &i->source, NULL, e);
}

static int read_file(struct sg_import *i, const char *dir, const char *name, sg_import_row_fn row,
                     struct archive *a, struct sg_error *e)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return sg_fail(e, SG_ELIMIT, "%.100s...: path too long", dir);
    return sg_import_file(i, path, row, a, e);
}

int sg_import_playlist_archive(struct sg_import *i, const char *dir, struct sg_error *e)
{
    struct archive a = {0};
    i->whole = true; /* names met before a restart are not known after it */
    int rc = read_file(i, dir, "tracks.tsv", track_row, &a, e);
    i->whole = false;
    if (!rc)
        rc = settle_albums(i, e);
    if (!rc)
        rc = read_file(i, dir, "playlists.tsv", playlist_row, &a, e);
    if (!rc)
        rc = read_file(i, dir, "playlist_tracks.tsv", entry_row, &a, e);
    for (size_t k = 0; k < a.n_seen; k++)
        free(a.seen[k]);
    free(a.seen);
    sg_seen_free(&a.named);
    sg_buf_free(&a.song);
    sg_buf_free(&a.album);
    sg_buf_free(&a.artist);
    sg_buf_free(&a.playlist);
    return rc;
}
