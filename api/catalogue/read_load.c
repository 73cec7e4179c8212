/* read_load.c - songs between the database, the cache and records: see read_inside.h. */
#include "api/catalogue/read_inside.h"
#include "api/catalogue/read_rows.h"
#include <stdio.h>

struct song_key song_key_of(uint64_t song_id)
{
    struct song_key k;
    k.n =
        (size_t)snprintf(k.text, sizeof k.text, "song:%llu:metadata", (unsigned long long)song_id);
    return k;
}

static bool names_hold(const struct sg_cache *c, const struct song_value *v)
{
    for (size_t i = 0; i < v->facts.n_names; i++)
        if (sg_cache_forgotten_since(c, song_value_name(v, i), v->facts.lease))
            return false;
    return true;
}

enum sg_cache_found song_get(struct sg_api *api, uint64_t song_id, struct sg_buf *out,
                             struct song_value *v)
{
    struct song_key k = song_key_of(song_id);
    size_t from = out->n;
    enum sg_cache_found found =
        sg_cache_get(api->cache, &sg_cache_song, (struct sg_str){k.text, k.n}, out);
    if (found != SG_CACHE_FRESH && found != SG_CACHE_STALE)
        return found;
    struct sg_str value = {out->p + from, out->n - from};
    if (song_value_read(value, v) && names_hold(api->cache, v))
        return found;
    out->n = from;
    return SG_CACHE_MISS;
}

bool song_database_has_all(const struct sg_api *api)
{
    return strcmp(api->config->indexer.source, "postgres") == 0;
}

bool song_may_be_old(int rc)
{
    return rc == SG_EUNAVAIL || rc == SG_ETIMEOUT || rc == SG_EBUSY || rc == SG_EIO;
}

static int ask(struct sg_api *api, const struct song_wanted *w, PGresult **rows, struct sg_error *e)
{
    struct sg_buf list = {0};
    for (size_t i = 0; i < w->n; i++) {
        sg_buf_putc(&list, i ? ',' : '{');
        sg_buf_u64(&list, w->ids[i]);
    }
    sg_buf_put(&list, "}", 2);
    const char *params[] = {list.p};
    uint64_t kept = sg_cache_needs(api->cache), lsn = w->lsn > kept ? w->lsn : kept;
    int rc = sg_buf_failed(&list) ? sg_fail(e, SG_ENOMEM, "songs")
                                  : sg_db_lookup(api->db, lsn, w->deadline_us, &song_rows_statement,
                                                 params, rows, e);
    sg_buf_free(&list);
    return rc;
}

static void keep(struct sg_api *api, uint64_t song_id, uint64_t lease, struct sg_str value)
{
    struct song_key k = song_key_of(song_id);
    sg_cache_put(api->cache, &sg_cache_song, (struct sg_str){k.text, k.n}, lease, value);
}

static bool contains(const uint64_t *v, size_t n, uint64_t id)
{
    for (size_t i = 0; i < n; i++)
        if (v[i] == id)
            return true;
    return false;
}

struct loading {
    struct sg_api *api;
    struct sg_arena *arena;
    uint64_t lease;
    uint64_t *found;
    size_t n_found;
    const uint64_t *ids;           /* what is looked for in the second tier */
    struct sg_cache_token *tokens; /* of ids; NULL: there is no second tier */
    size_t n;
    song_found_fn each;
    void *ctx;
};

/* For the next who misses, in this process or another. */
static void keep_second(struct loading *l, uint64_t song_id, struct sg_str value)
{
    struct song_key k = song_key_of(song_id);
    for (size_t i = 0; l->tokens && i < l->n; i++)
        if (l->ids[i] == song_id)
            sg_cache_second_put(l->api->cache, &sg_cache_song, (struct sg_str){k.text, k.n},
                                &l->tokens[i], value);
}

static void found_second(void *ctx, size_t i, struct sg_str value)
{
    struct loading *l = ctx;
    struct song_value v;
    struct sg_str copy = sg_arena_copy(l->arena, value);
    if (!copy.p || !song_value_read(copy, &v) || v.facts.song_id != l->ids[i])
        return;
    song_value_renew((char *)(uintptr_t)copy.p, copy.n, l->lease);
    keep(l->api, l->ids[i], l->lease, copy);
    l->found[l->n_found++] = l->ids[i];
    l->each(l->ctx, l->ids[i], copy);
}

/* *n: how many are still to be asked for; they move to the front of ids. */
static int look_second(struct loading *l, uint64_t *ids, size_t *n, struct sg_error *e)
{
    struct song_key *k = sg_arena_array(l->arena, *n, sizeof *k);
    struct sg_str *keys = sg_arena_array(l->arena, *n, sizeof *keys);
    l->tokens = sg_arena_array(l->arena, *n, sizeof *l->tokens);
    if (!k || !keys || !l->tokens)
        return sg_fail(e, SG_ENOMEM, "songs");
    for (size_t i = 0; i < *n; i++) {
        k[i] = song_key_of(ids[i]);
        keys[i] = (struct sg_str){k[i].text, k[i].n};
    }
    sg_cache_second_get(l->api->cache, keys, *n, l->tokens, found_second, l);
    size_t left = 0;
    for (size_t i = 0; i < *n; i++)
        if (!contains(l->found, l->n_found, l->ids[i]))
            ids[left++] = l->ids[i];
    *n = left;
    return 0;
}

static int take_rows(struct loading *l, const PGresult *rows, struct sg_error *e)
{
    struct sg_buf value = {0};
    struct song_row row;
    int at = 0, rc = 0;
    while (!rc && at < PQntuples(rows)) {
        rc = song_rows_next(rows, &at, l->arena, &row, e);
        if (rc)
            break;
        sg_buf_reset(&value);
        song_value_write(&value, &row, l->lease);
        if (sg_buf_failed(&value)) {
            rc = sg_fail(e, SG_ENOMEM, "song");
            break;
        }
        keep(l->api, row.view.song_id, l->lease, sg_buf_str(&value));
        keep_second(l, row.view.song_id, sg_buf_str(&value));
        l->found[l->n_found++] = row.view.song_id;
        l->each(l->ctx, row.view.song_id, sg_buf_str(&value));
    }
    sg_buf_free(&value);
    return rc;
}

/* With what only the primary may have, the second tier is no help. */
static int load(struct loading *l, const struct song_wanted *w, struct sg_error *e)
{
    PGresult *rows = NULL;
    struct song_wanted left = *w;
    uint64_t *ids = sg_arena_array(l->arena, w->n + 1, sizeof *ids);
    l->found = sg_arena_array(l->arena, w->n + 1, sizeof *l->found);
    if (!ids || !l->found)
        return sg_fail(e, SG_ENOMEM, "songs");
    memcpy(ids, w->ids, w->n * sizeof *ids);
    left.ids = ids;
    int rc = 0;
    if (sg_cache_has_second(l->api->cache) && w->lsn <= sg_cache_position(l->api->cache))
        rc = look_second(l, ids, &left.n, e);
    if (!rc && left.n)
        rc = ask(l->api, &left, &rows, e);
    if (!rc && left.n)
        rc = take_rows(l, rows, e);
    PQclear(rows);
    return rc;
}

/* The lease is taken before what it must see is looked up. */
int song_load(struct sg_api *api, const struct song_wanted *w, struct sg_arena *a,
              song_found_fn each, void *ctx, struct sg_error *e)
{
    struct loading l = {.api = api, .arena = a, .each = each, .ctx = ctx, .ids = w->ids, .n = w->n};
    l.lease = sg_cache_lease(api->cache);
    int rc = load(&l, w, e);
    for (size_t i = 0; !rc && i < w->n; i++)
        if (!contains(l.found, l.n_found, w->ids[i]))
            keep(api, w->ids[i], l.lease, SG_STR_NONE);
    return rc;
}

int song_to_hit(const struct song_value *v, struct sg_arena *a, struct sg_hit *out,
                struct sg_error *e)
{
    struct sg_song_view s;
    int rc = sg_record_thaw(&sg_song_view_record, v->frozen, a, &s, e);
    if (rc)
        return rc;
    sg_record_init(&sg_hit_record, out);
    out->type = s.type;
    out->song_id = s.song_id;
    out->title = s.title;
    out->artist = s.artist;
    out->artists = s.artists;
    out->album = s.album;
    out->duration = s.duration;
    out->play_count = s.play_count;
    out->genre = s.genre;
    out->year = s.year;
    out->is_explicit = s.is_explicit;
    out->cover_art_url = s.album && s.album->cover_art_url.p ? SG_STR_NONE : s.cover_art_url;
    return 0;
}

void song_from_hit(const struct sg_hit *hit, struct sg_song_view *out)
{
    sg_record_init(&sg_song_view_record, out);
    out->type = SG_STR("song");
    out->song_id = hit->song_id;
    out->title = hit->title.p ? hit->title : SG_STR("");
    out->artist = hit->artist;
    out->artists = hit->artists;
    out->album = hit->album;
    out->duration = hit->duration;
    out->play_count = hit->play_count;
    out->genre = hit->genre;
    out->year = hit->year;
    out->is_explicit = hit->is_explicit;
    out->cover_art_url =
        hit->album && hit->album->cover_art_url.p ? hit->album->cover_art_url : hit->cover_art_url;
}
