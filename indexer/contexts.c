/* contexts.c - see contexts.h. */
#include "indexer/contexts.h"
#include <stdlib.h>

static const char playlists[] =
    "SELECT p.name || ' ' || p.description, string_agg(s.song_id::text, ',' ORDER BY s.position) "
    "FROM (SELECT * FROM public.playlists WHERE is_public "
    "ORDER BY followers DESC, playlist_id LIMIT 100000) p "
    "JOIN public.playlist_songs s USING (user_id, playlist_id) "
    "GROUP BY p.playlist_id, p.name, p.description ORDER BY p.playlist_id";
/* A play under 30 s is a skip. */
static const char days[] =
    "SELECT '', string_agg(song_id::text, ',' ORDER BY song_id) FROM (SELECT DISTINCT user_id, "
    "played_at::date AS day, song_id FROM (SELECT * FROM public.listening_history "
    "WHERE played_at > now() - interval '90 days' AND (played_s IS NULL OR played_s >= 30) "
    "LIMIT 2000000) newest) d "
    "GROUP BY user_id, day HAVING count(*) > 1 ORDER BY user_id, day LIMIT 200000";

/* What people call songs, or artists whose best known songs stand for them; of each tag
 * the songs that most people say it of. */
static const char tagged[] =
    "SELECT tag, string_agg(song_id::text, ',' ORDER BY song_id) FROM (SELECT tag, song_id, "
    "row_number() OVER (PARTITION BY tag ORDER BY uses DESC, song_id) AS place FROM ("
    "SELECT lower(t.tag) AS tag, coalesce(t.song_id, s.song_id) AS song_id, max(t.uses) AS uses "
    "FROM (SELECT * FROM public.tags ORDER BY uses DESC, kind, id, tag LIMIT 500000) t "
    "LEFT JOIN LATERAL (SELECT song_id FROM public.songs WHERE artist_id = t.artist_id "
    "ORDER BY play_count DESC, song_id LIMIT 20) s ON t.artist_id IS NOT NULL "
    "WHERE t.song_id IS NOT NULL OR s.song_id IS NOT NULL GROUP BY 1, 2) said) ranked "
    "WHERE place <= 1000 GROUP BY tag HAVING count(*) > 1 ORDER BY count(*) DESC, tag LIMIT 20000";

struct reading {
    struct sg_builder *builder;
    uint64_t *ids;
    size_t cap;
};

static int read_ids(struct reading *r, struct sg_str list, size_t *n, struct sg_error *e)
{
    for (*n = 0; list.n; (*n)++) {
        const char *comma = memchr(list.p, ',', list.n);
        struct sg_str id = {list.p, comma ? (size_t)(comma - list.p) : list.n};
        if (*n == r->cap) {
            size_t cap = r->cap ? r->cap * 2 : 1024;
            uint64_t *ids = realloc(r->ids, cap * sizeof *ids);
            if (!ids)
                return sg_fail(e, SG_ENOMEM, "a playlist of %zu songs", cap);
            r->ids = ids;
            r->cap = cap;
        }
        if (!sg_str_to_u64(id, &r->ids[*n]))
            return sg_fail(e, SG_ECORRUPT, "'%.*s' is no song's id", SG_FMT(id));
        size_t used = id.n + (comma != NULL);
        list = (struct sg_str){list.p + used, list.n - used};
    }
    return 0;
}

static int on_row(void *ctx, const struct sg_str *cells, size_t n, struct sg_error *e)
{
    struct reading *r = ctx;
    size_t songs;
    if (n != 2)
        return sg_fail(e, SG_EINTERNAL, "contexts: %zu columns", n);
    int rc = read_ids(r, cells[1], &songs, e);
    return rc ? rc : sg_builder_context(r->builder, cells[0], r->ids, songs, e);
}

int sg_contexts_feed(PGconn *reader, struct sg_builder *b, struct sg_error *e)
{
    struct reading r = {.builder = b};
    int rc = sg_pg_copy_out(reader, playlists, on_row, &r, e);
    if (!rc)
        rc = sg_pg_copy_out(reader, tagged, on_row, &r, e);
    if (!rc)
        rc = sg_pg_copy_out(reader, days, on_row, &r, e);
    free(r.ids);
    return rc ? sg_wrap(e, "playlists, tags and listening") : 0;
}
