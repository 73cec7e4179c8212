/* cursor.c - see cursor.h. */
#include "recsys/cursor.h"
#include "recsys/base64url.h"
#include <stdlib.h>
#include <xxhash.h>

enum { VERSION = 1, HASHES = 5, BYTES_MAX = SG_CURSOR_TEXT / 4 * 3 };

static size_t capacity(size_t stage)
{
    return (size_t)SG_PLAYED_FIRST << stage;
}

static size_t bytes_of(size_t stage)
{
    return capacity(stage) * SG_PLAYED_BITS / 8;
}

/* The i-th bit of a song (Kirsch and Mitzenmacher 2006: two hashes make all). */
static size_t bit_of(uint64_t hash, unsigned i, size_t stage)
{
    uint32_t a = (uint32_t)hash, b = (uint32_t)(hash >> 32) | 1;
    return (a + i * b) & (bytes_of(stage) * 8 - 1);
}

static bool stage_holds(const struct sg_played *p, size_t stage, uint64_t hash)
{
    for (unsigned i = 0; i < HASHES; i++) {
        size_t bit = bit_of(hash, i, stage);
        if (!(p->bits[stage][bit / 8] >> bit % 8 & 1))
            return false;
    }
    return true;
}

static uint64_t hash_of(uint64_t song_id)
{
    return XXH3_64bits(&song_id, sizeof song_id);
}

bool sg_played_holds(const struct sg_played *p, uint64_t song_id)
{
    uint64_t hash = hash_of(song_id);
    for (size_t s = 0; s < p->stages; s++)
        if (stage_holds(p, s, hash))
            return true;
    return false;
}

/* All are full: those filled before the others begin anew. */
static void forget_old(struct sg_played *p)
{
    size_t from = p->turn ? SG_PLAYED_STAGES - 1 : 0;
    size_t to = p->turn ? SG_PLAYED_STAGES : SG_PLAYED_STAGES - 1;
    for (size_t s = from; s < to; s++) {
        memset(p->bits[s], 0, bytes_of(s));
        p->songs[s] = 0;
    }
    p->turn = !p->turn;
}

static size_t stage_with_room(struct sg_played *p)
{
    for (size_t s = 0; s < p->stages; s++)
        if (p->songs[s] < capacity(s))
            return s;
    if (p->stages < SG_PLAYED_STAGES)
        return p->stages++;
    forget_old(p);
    return stage_with_room(p);
}

void sg_played_add(struct sg_played *p, uint64_t song_id)
{
    uint64_t hash = hash_of(song_id);
    size_t s = stage_with_room(p);
    for (unsigned i = 0; i < HASHES; i++) {
        size_t bit = bit_of(hash, i, s);
        p->bits[s][bit / 8] |= (uint8_t)(1u << bit % 8);
    }
    p->songs[s]++;
}

size_t sg_played_count(const struct sg_played *p)
{
    size_t n = 0;
    for (size_t s = 0; s < p->stages; s++)
        n += p->songs[s];
    return n;
}

struct out {
    unsigned char v[BYTES_MAX];
    size_t n;
};

static void put(struct out *o, const void *p, size_t n)
{
    memcpy(o->v + o->n, p, n);
    o->n += n;
}

static void put_byte(struct out *o, size_t v)
{
    o->v[o->n++] = (unsigned char)v;
}

static void put_varint(struct out *o, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        put_byte(o, (v & 0x7f) | 0x80);
    put_byte(o, v);
}

struct sg_str sg_cursor_write(const struct sg_radio_state *s, struct sg_arena *a)
{
    struct out o = {.n = 0};
    put_byte(&o, VERSION);
    put(&o, &s->seed, sizeof s->seed);
    put_byte(&o, s->n_seeds);
    for (size_t i = 0; i < s->n_seeds; i++) {
        put_byte(&o, s->seeds[i].kind);
        put_varint(&o, s->seeds[i].id);
    }
    put_byte(&o, s->n_last);
    for (size_t i = 0; i < s->n_last; i++)
        put_varint(&o, s->last[i]);
    put_byte(&o, s->played.turn);
    put_byte(&o, s->played.stages);
    for (size_t i = 0; i < s->played.stages; i++) {
        put(&o, &s->played.songs[i], sizeof s->played.songs[i]);
        put(&o, s->played.bits[i], bytes_of(i));
    }
    uint32_t sum = (uint32_t)XXH3_64bits(o.v, o.n);
    put(&o, &sum, sizeof sum);
    char *text = sg_arena_alloc(a, sg_base64url_length(o.n) + 1);
    if (!text)
        return SG_STR_NONE;
    return (struct sg_str){text, sg_base64url_write((struct sg_str){(char *)o.v, o.n}, text)};
}

struct in {
    const unsigned char *p;
    size_t n;
    bool bad;
};

static void take(struct in *in, void *out, size_t n)
{
    if (in->bad || n > in->n) {
        in->bad = true;
        memset(out, 0, n);
        return;
    }
    memcpy(out, in->p, n);
    in->p += n;
    in->n -= n;
}

static size_t take_count(struct in *in, size_t most)
{
    uint8_t v;
    take(in, &v, 1);
    in->bad = in->bad || v > most;
    return in->bad ? 0 : v;
}

static uint64_t take_varint(struct in *in)
{
    uint64_t v = 0;
    uint8_t b = 0x80;
    for (unsigned shift = 0; b & 0x80; shift += 7) {
        take(in, &b, 1);
        if (in->bad || shift > 63 || (shift == 63 && b > 1))
            in->bad = true, b = 0;
        else
            v |= (uint64_t)(b & 0x7f) << shift;
    }
    in->bad = in->bad || v == 0 || v > INT64_MAX;
    return v;
}

static void take_played(struct in *in, struct sg_played *p)
{
    p->turn = (uint8_t)take_count(in, 1);
    p->stages = (uint8_t)take_count(in, SG_PLAYED_STAGES);
    for (size_t i = 0; i < p->stages && !in->bad; i++) {
        take(in, &p->songs[i], sizeof p->songs[i]);
        take(in, p->bits[i], bytes_of(i));
        in->bad = in->bad || p->songs[i] > capacity(i);
    }
}

static void take_state(struct in *in, struct sg_radio_state *s)
{
    take(in, &s->seed, sizeof s->seed);
    s->n_seeds = take_count(in, SG_RADIO_SEEDS);
    in->bad = in->bad || s->n_seeds == 0;
    for (size_t i = 0; i < s->n_seeds; i++) {
        s->seeds[i].kind = (enum sg_seed_kind)take_count(in, SG_SEED_KINDS - 1);
        s->seeds[i].id = take_varint(in);
    }
    s->n_last = take_count(in, SG_RADIO_LAST);
    for (size_t i = 0; i < s->n_last; i++)
        s->last[i] = take_varint(in);
    take_played(in, &s->played);
}

int sg_cursor_read(struct sg_str text, struct sg_radio_state *out, struct sg_error *e)
{
    unsigned char bytes[BYTES_MAX];
    size_t n = 0;
    uint32_t sum;
    bool good = text.n <= SG_CURSOR_TEXT && sg_base64url_read(text, bytes, sizeof bytes, &n) &&
                n > sizeof sum && bytes[0] == VERSION;
    if (good) {
        memcpy(&sum, bytes + n - sizeof sum, sizeof sum);
        good = sum == (uint32_t)XXH3_64bits(bytes, n - sizeof sum);
    }
    struct in in = {bytes + 1, good ? n - 1 - sizeof sum : 0, !good};
    memset(out, 0, sizeof *out);
    if (good)
        take_state(&in, out);
    if (in.bad || in.n)
        return sg_fail_field(e, "cursor", "cursor: not one that a radio gave");
    return 0;
}
