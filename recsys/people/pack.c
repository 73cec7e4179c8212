/* pack.c - see pack.h. */
#include "recsys/people/pack.h"
#include <assert.h>

#define HOUR_US   3600000000
#define SECOND_US 1000000

static void put(struct sg_buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        sg_buf_putc(b, (char)(v | 0x80));
    sg_buf_putc(b, (char)v);
}

struct reader {
    const unsigned char *p, *end;
};

static uint64_t take(struct reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; r->p < r->end && shift < 64; shift += 7) {
        unsigned char c = *r->p++;
        v |= (uint64_t)(c & 0x7f) << shift;
        if (!(c & 0x80))
            return v;
    }
    assert(!"a packed person is cut off");
    return 0;
}

static void pack_songs(const struct sg_person *p, struct sg_buf *out)
{
    int64_t newest = 0;
    uint64_t before = 0;
    for (size_t i = 0; i < p->n_songs; i++)
        if (p->songs[i].last_us > newest)
            newest = p->songs[i].last_us;
    newest = (newest + HOUR_US - 1) / HOUR_US;
    put(out, (uint64_t)newest);
    put(out, p->n_songs);
    for (size_t i = 0; i < p->n_songs; i++) {
        const struct sg_person_song *s = &p->songs[i];
        put(out, s->song_id - before);
        put(out, (uint64_t)(newest - (s->last_us + HOUR_US - 1) / HOUR_US));
        put(out, s->plays);
        put(out, s->skips);
        before = s->song_id;
    }
}

static void pack_plays(const struct sg_person *p, struct sg_buf *out)
{
    int64_t before = p->n_plays ? p->plays[0].at_us / SECOND_US : 0;
    put(out, p->n_plays);
    put(out, (uint64_t)before);
    for (size_t i = 0; i < p->n_plays; i++) {
        int64_t at = p->plays[i].at_us / SECOND_US;
        put(out, p->plays[i].song_id);
        put(out, (uint64_t)(before - at));
        put(out, (uint64_t)(p->plays[i].played_s + 1));
        before = at;
    }
}

void person_pack(const struct sg_person *p, struct sg_buf *out)
{
    put(out, (uint64_t)p->known | (uint64_t)p->clean << 1);
    sg_buf_put(out, p->market, 2);
    for (size_t k = 0; k < SG_PERSON_LISTS; k++) {
        uint64_t before = 0;
        put(out, p->lists[k].n);
        for (size_t i = 0; i < p->lists[k].n; i++) {
            put(out, p->lists[k].v[i] - before);
            before = p->lists[k].v[i];
        }
    }
    pack_songs(p, out);
    pack_plays(p, out);
}

static bool unpack_list(struct reader *r, struct sg_arena *a, struct sg_ids *out)
{
    size_t n = take(r);
    uint64_t id = 0, *v = sg_arena_array(a, n + 1, sizeof *v);
    if (!v)
        return false;
    for (size_t i = 0; i < n; i++)
        v[i] = id += take(r);
    *out = (struct sg_ids){v, n};
    return true;
}

static bool unpack_songs(struct reader *r, struct sg_arena *a, struct sg_person *out)
{
    int64_t newest = (int64_t)take(r);
    size_t n = take(r);
    uint64_t id = 0;
    struct sg_person_song *v = sg_arena_array(a, n + 1, sizeof *v);
    if (!v)
        return false;
    for (size_t i = 0; i < n; i++) {
        v[i].song_id = id += take(r);
        v[i].last_us = (newest - (int64_t)take(r)) * HOUR_US;
        v[i].plays = (uint32_t)take(r);
        v[i].skips = (uint32_t)take(r);
    }
    out->songs = v;
    out->n_songs = n;
    return true;
}

static bool unpack_plays(struct reader *r, struct sg_arena *a, struct sg_person *out)
{
    size_t n = take(r);
    int64_t at = (int64_t)take(r);
    struct sg_person_play *v = sg_arena_array(a, n + 1, sizeof *v);
    if (!v)
        return false;
    for (size_t i = 0; i < n; i++) {
        v[i].song_id = take(r);
        at -= (int64_t)take(r);
        v[i].at_us = at * SECOND_US;
        v[i].played_s = (int32_t)take(r) - 1;
    }
    out->plays = v;
    out->n_plays = n;
    return true;
}

int person_unpack(struct sg_str bytes, struct sg_arena *a, struct sg_person *out,
                  struct sg_error *e)
{
    struct reader r = {(const unsigned char *)bytes.p, (const unsigned char *)bytes.p + bytes.n};
    struct sg_person p = {.user_id = out->user_id};
    uint64_t flags = take(&r);
    p.known = flags & 1;
    p.clean = flags & 2;
    memcpy(p.market, r.p, 2);
    r.p += 2;
    bool ok = true;
    for (size_t k = 0; k < SG_PERSON_LISTS && ok; k++)
        ok = unpack_list(&r, a, &p.lists[k]);
    if (!ok || !unpack_songs(&r, a, &p) || !unpack_plays(&r, a, &p))
        return sg_fail(e, SG_ENOMEM, "a person");
    *out = p;
    return 0;
}
