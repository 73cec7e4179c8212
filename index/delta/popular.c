/* popular.c - popular queries among the delta's notes: see index/popular.h.
 *
 *   note "popular:" XXH3-128 of folded by market -> weight f32, trend f32,
 *                                                    folded 0 market 0 query 0 lang
 */
#include "index/popular.h"
#include "index/delta/writer.h"
#include <xxhash.h>

#define KEY (sizeof SG_POPULAR_PREFIX - 1 + 16)

static struct sg_str key_of(char out[KEY], struct sg_str folded, struct sg_str market)
{
    XXH64_hash_t seed = XXH3_64bits(market.n ? market.p : "", market.n);
    XXH128_hash_t h = XXH3_128bits_withSeed(folded.n ? folded.p : "", folded.n, seed);
    memcpy(out, SG_POPULAR_PREFIX, KEY - 16);
    memcpy(out + KEY - 16, &h, 16);
    return (struct sg_str){out, KEY};
}

static int change_version(struct sg_delta *d, struct sg_error *e)
{
    uint64_t version = 0;
    struct sg_str old;
    sg_arena_reset(&d->arena);
    int rc = sg_delta_note_get(d, SG_STR(SG_POPULAR_VERSION), &d->arena, &old, NULL);
    if (rc && rc != SG_ENOENT)
        return sg_fail(e, rc, "popular queries");
    if (!rc && old.n == sizeof version)
        memcpy(&version, old.p, sizeof version);
    version++;
    return sg_delta_note_put(d, SG_STR(SG_POPULAR_VERSION),
                             (struct sg_str){(const char *)&version, sizeof version}, e);
}

static bool is_plain(struct sg_str s)
{
    return !s.n || !memchr(s.p, 0, s.n);
}

size_t sg_popular_write(char out[SG_POPULAR_BYTES], const struct sg_popular_row *r)
{
    const struct sg_str texts[] = {r->folded, r->market, r->query, r->lang};
    size_t n = 8;
    memcpy(out, &r->weight, 4);
    memcpy(out + 4, &r->trend, 4);
    for (size_t i = 0; i < 4; i++) {
        if (!is_plain(texts[i]) || texts[i].n >= SG_POPULAR_BYTES - n)
            return 0;
        if (texts[i].n)
            memcpy(out + n, texts[i].p, texts[i].n);
        n += texts[i].n;
        out[n++] = '\0';
    }
    return n;
}

int sg_popular_put(struct sg_delta *d, const struct sg_popular_row *r, struct sg_error *e)
{
    char note[SG_POPULAR_BYTES], key[KEY];
    size_t n = sg_popular_write(note, r);
    if (!n)
        return sg_fail(e, SG_EINVAL, "popular query: too long, or a zero byte");
    int rc = sg_delta_note_put(d, key_of(key, r->folded, r->market), (struct sg_str){note, n}, e);
    return rc ? rc : change_version(d, e);
}

int sg_popular_remove(struct sg_delta *d, struct sg_str folded, struct sg_str market,
                      struct sg_error *e)
{
    char key[KEY];
    int rc = sg_delta_note_put(d, key_of(key, folded, market), SG_STR(""), e);
    return rc ? rc : change_version(d, e);
}

/* The first key of a popular query, copied; false: none is left. */
static bool first_key(struct sg_delta *d, char key[KEY])
{
    MDB_cursor *c;
    MDB_val k = {KEY - 16, SG_POPULAR_PREFIX}, v;
    if (mdb_cursor_open(d->txn, d->env->table[SG_DELTA_NOTE], &c))
        return false;
    bool found = mdb_cursor_get(c, &k, &v, MDB_SET_RANGE) == 0 && k.mv_size == KEY &&
                 memcmp(k.mv_data, SG_POPULAR_PREFIX, KEY - 16) == 0;
    if (found)
        memcpy(key, k.mv_data, KEY);
    mdb_cursor_close(c);
    return found;
}

int sg_popular_clear(struct sg_delta *d, struct sg_error *e)
{
    char key[KEY];
    int rc = change_version(d, e);
    while (!rc && first_key(d, key))
        rc = sg_delta_note_put(d, (struct sg_str){key, KEY}, SG_STR(""), e);
    return rc;
}

bool sg_popular_read(struct sg_str note, struct sg_popular_row *out)
{
    struct sg_str *texts[] = {&out->folded, &out->market, &out->query, &out->lang};
    if (note.n < 8)
        return false;
    memcpy(&out->weight, note.p, 4);
    memcpy(&out->trend, note.p + 4, 4);
    for (size_t i = 0, at = 8; i < 4; i++) {
        const char *end = memchr(note.p + at, 0, note.n - at);
        if (!end)
            return false;
        *texts[i] = (struct sg_str){note.p + at, (size_t)(end - note.p) - at};
        at += texts[i]->n + 1;
    }
    return out->folded.n && out->query.n;
}
