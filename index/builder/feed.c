/* feed.c - taking the catalogue in: see index/builder.h. */
#include "index/builder/parts.h"
#include "index/lyrics.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void sg_builder_path(const struct sg_builder *b, char out[SG_BUILD_PATH], const char *fmt, ...)
{
    int n = snprintf(out, SG_BUILD_PATH, "%s/", b->dir);
    va_list ap;
    va_start(ap, fmt);
    if (n > 0 && n < SG_BUILD_PATH)
        vsnprintf(out + n, SG_BUILD_PATH - (size_t)n, fmt, ap);
    va_end(ap);
}

static int make_dir(const char *path, struct sg_error *e)
{
    return mkdir(path, 0755) ? sg_fail_errno(e, "make %s", path) : 0;
}

static int open_spills(struct sg_builder *b, struct sg_error *e)
{
    char path[SG_BUILD_PATH];
    sg_builder_path(b, path, "building");
    int rc = make_dir(path, e);
    for (int k = 0; !rc && k < sg_rosters; k++) {
        sg_builder_path(b, path, "building/spill-%s", k == sg_genres ? "genre" : sg_kind_names[k]);
        rc = sg_roster_open(&b->rosters[k], path, e);
    }
    sg_builder_path(b, path, "building/spill-lyrics");
    return rc ? rc : sg_roster_open(&b->lyrics, path, e);
}

int sg_builder_open(struct sg_builder **out, const struct sg_builder_options *o, struct sg_error *e)
{
    if (o->threads < 1 || strlen(o->dir) > SG_BUILD_PATH / 2)
        return sg_fail(e, SG_EINVAL, "build: %d threads, %s", o->threads, o->dir);
    struct sg_builder *b = calloc(1, sizeof *b);
    if (!b || !(b->dir = strdup(o->dir))) {
        free(b);
        return sg_fail(e, SG_ENOMEM, "build %s: out of memory", o->dir);
    }
    b->threads = o->threads;
    b->progress = o->progress;
    b->progress_ctx = o->progress_ctx;
    b->embeddings = o->embeddings;
    b->embeddings_cache = o->embeddings_cache;
    pthread_mutex_init(&b->lock, NULL);
    int rc = make_dir(b->dir, e);
    if (rc) {
        sg_builder_free(b); /* the folder is somebody else's */
        return rc;
    }
    rc = open_spills(b, e);
    if (rc)
        sg_builder_abort(b);
    else
        *out = b;
    return rc;
}

void sg_builder_free(struct sg_builder *b)
{
    for (int k = 0; k < sg_rosters; k++)
        sg_roster_free(&b->rosters[k]);
    sg_roster_free(&b->lyrics);
    sg_names_free(&b->artists);
    sg_names_free(&b->albums);
    sg_outfile_abort(&b->contexts);
    sg_buf_free(&b->frozen);
    sg_arena_free(&b->arena);
    if (b->spell)
        sg_spell_writer_abort(b->spell);
    pthread_mutex_destroy(&b->lock);
    free(b->dir);
    free(b);
}

static int add(struct sg_builder *b, int roster, const struct sg_record *type, const void *record,
               uint64_t id, uint64_t popularity, struct sg_error *e)
{
    if (!id)
        return sg_fail_field(e, "id", "a %s without id", type->name);
    sg_buf_reset(&b->frozen);
    sg_record_freeze(type, record, &b->frozen);
    if (sg_buf_failed(&b->frozen))
        return sg_fail(e, SG_ENOMEM, "build: out of memory");
    return sg_roster_add(&b->rosters[roster], id, popularity, sg_buf_str(&b->frozen), e);
}

static int out_of_memory(struct sg_error *e)
{
    return sg_fail(e, SG_ENOMEM, "build: out of memory");
}

int sg_builder_genre(struct sg_builder *b, const struct sg_genre *g, struct sg_error *e)
{
    return add(b, sg_genres, &sg_genre_record, g, g->genre_id, 0, e);
}

int sg_builder_artist(struct sg_builder *b, const struct sg_artist *a, struct sg_error *e)
{
    int rc = add(b, SG_ARTIST, &sg_artist_record, a, a->artist_id, 0, e);
    return rc || sg_names_set(&b->artists, SG_ARTIST, a->artist_id, a) ? rc : out_of_memory(e);
}

int sg_builder_credit_album(struct sg_builder *b, const struct sg_album *a, int sign,
                            struct sg_error *e)
{
    if (!a->artist_id)
        return 0;
    struct sg_name *artist = sg_names_add(&b->artists, a->artist_id);
    if (!artist)
        return out_of_memory(e);
    artist->albums += (uint32_t)sign;
    return 0;
}

int sg_builder_album(struct sg_builder *b, const struct sg_album *a, struct sg_error *e)
{
    int rc = add(b, SG_ALBUM, &sg_album_record, a, a->album_id, 0, e);
    if (!rc && !sg_names_set(&b->albums, SG_ALBUM, a->album_id, a))
        rc = out_of_memory(e);
    return rc ? rc : sg_builder_credit_album(b, a, 1, e);
}

static int credit(struct sg_names *names, uint64_t id, uint64_t plays, int sign, struct sg_error *e)
{
    struct sg_name *n = sg_names_add(names, id);
    if (!n)
        return out_of_memory(e);
    n->popularity += sign > 0 ? plays : 0 - plays;
    n->songs += (uint32_t)sign;
    return 0;
}

static bool is_repeated(const uint64_t *ids, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (ids[k] == ids[i])
            return true;
    return false;
}

int sg_builder_credit_song(struct sg_builder *b, const struct sg_song *s, int sign,
                           struct sg_error *e)
{
    const uint64_t *ids = s->artist_ids.v;
    int rc = 0;
    for (size_t i = 0; !rc && i < s->artist_ids.n; i++)
        if (ids[i] && !is_repeated(ids, i))
            rc = credit(&b->artists, ids[i], s->play_count, sign, e);
    if (!rc && s->album_id)
        rc = credit(&b->albums, s->album_id, s->play_count, sign, e);
    return rc;
}

int sg_builder_song(struct sg_builder *b, const struct sg_song *s, struct sg_error *e)
{
    if (s->artist_ids.n > SG_ARTISTS_MAX)
        return sg_fail_field(e, "artist_ids", "song %llu has %zu artists, at most %d",
                             (unsigned long long)s->song_id, s->artist_ids.n, SG_ARTISTS_MAX);
    int rc = add(b, SG_SONG, &sg_song_record, s, s->song_id, s->play_count, e);
    return rc ? rc : sg_builder_credit_song(b, s, 1, e);
}

int sg_builder_playlist(struct sg_builder *b, const struct sg_playlist *p, struct sg_error *e)
{
    return add(b, SG_PLAYLIST, &sg_playlist_record, p, p->playlist_id, p->followers, e);
}

int sg_builder_lyrics(struct sg_builder *b, uint64_t song_id, struct sg_str packed,
                      struct sg_error *e)
{
    if (!song_id || packed.n > SG_LYRICS_PACKED)
        return sg_fail(e, SG_EINVAL, "lyrics of song %llu: %zu bytes", (unsigned long long)song_id,
                       packed.n);
    return sg_roster_add(&b->lyrics, song_id, 0, packed, e);
}
