/* credits.c - see credits.h. */
#include "indexer/credits.h"

#define NOTE_VERSION 1
#define NOTE_ROW     9 /* position, artist id big-endian */
#define NOTE_HEAD    9 /* version, lead big-endian */
#define NOTE_MAX     (NOTE_HEAD + SG_ARTISTS_MAX * NOTE_ROW)

static size_t place_of(const struct sg_credits *c, uint64_t position)
{
    size_t i = 0;
    while (i < c->n && c->v[i].position < position)
        i++;
    return i;
}

static int grow(struct sg_credits *c, struct sg_arena *a, struct sg_error *e)
{
    uint8_t cap = c->cap ? (uint8_t)(c->cap * 2 > SG_ARTISTS_MAX ? SG_ARTISTS_MAX : c->cap * 2) : 4;
    struct sg_credit *v = sg_arena_array(a, cap, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "credits");
    if (c->n)
        memcpy(v, c->v, c->n * sizeof *v);
    c->v = v;
    c->cap = cap;
    return 0;
}

int sg_credits_set(struct sg_credits *c, uint64_t position, uint64_t artist_id, struct sg_arena *a,
                   struct sg_error *e)
{
    if (position < 1 || position > SG_ARTISTS_MAX)
        return sg_fail_field(e, "position", "position: expected 1 to %d", SG_ARTISTS_MAX);
    size_t i = place_of(c, position);
    if (i == c->n || c->v[i].position != position) {
        int rc = c->n == c->cap ? grow(c, a, e) : 0;
        if (rc)
            return rc;
        memmove(c->v + i + 1, c->v + i, (c->n - i) * sizeof *c->v);
        c->n++;
    }
    c->v[i] = (struct sg_credit){artist_id, (uint8_t)position};
    return 0;
}

void sg_credits_unset(struct sg_credits *c, uint64_t position)
{
    size_t i = place_of(c, position);
    if (i == c->n || c->v[i].position != position)
        return;
    c->n--;
    memmove(c->v + i, c->v + i + 1, (c->n - i) * sizeof *c->v);
}

bool sg_credits_are_plain(const struct sg_credits *c)
{
    return c->n > 0 && c->v[c->n - 1].position == c->n && c->v[0].artist_id == c->lead;
}

int sg_credits_list(const struct sg_credits *c, struct sg_list *ids, struct sg_arena *a,
                    struct sg_error *e)
{
    size_t n = c->n ? c->n : 1;
    uint64_t *v = sg_arena_array(a, n, sizeof *v);
    if (!v)
        return sg_fail(e, SG_ENOMEM, "credits");
    v[0] = c->lead;
    for (size_t i = 0; i < c->n; i++)
        v[i] = c->v[i].artist_id;
    *ids = (struct sg_list){v, n};
    return 0;
}

/* Takes the digits at the front of *s, and the byte after them when it is `end`. */
static bool take_number(struct sg_str *s, char end, uint64_t *out)
{
    const char *stop = s->n ? memchr(s->p, end, s->n) : NULL;
    size_t n = stop ? (size_t)(stop - s->p) : s->n;
    if (!sg_str_to_u64((struct sg_str){s->p, n}, out))
        return false;
    size_t used = stop ? n + 1 : n;
    s->p += used;
    s->n -= used;
    return true;
}

int sg_credits_parse(struct sg_credits *c, struct sg_str text, struct sg_arena *a,
                     struct sg_error *e)
{
    c->n = 0;
    while (text.n) {
        uint64_t position, artist;
        if (!take_number(&text, ':', &position) || !take_number(&text, ',', &artist))
            return sg_fail(e, SG_EINVAL, "credits: expected position:artist");
        int rc = sg_credits_set(c, position, artist, a, e);
        if (rc)
            return rc;
    }
    return 0;
}

static uint64_t get_u64(const char *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | (unsigned char)p[i];
    return v;
}

static char *put_u64(char *p, uint64_t v)
{
    for (int shift = 56; shift >= 0; shift -= 8)
        *p++ = (char)(v >> shift);
    return p;
}

static struct sg_str note_key(char key[9], uint64_t song_id)
{
    key[0] = 'c';
    put_u64(key + 1, song_id);
    return (struct sg_str){key, 9};
}

static int note_read(struct sg_credits *c, struct sg_str note, struct sg_arena *a,
                     struct sg_error *e)
{
    if (note.n < NOTE_HEAD || note.p[0] != NOTE_VERSION || (note.n - NOTE_HEAD) % NOTE_ROW)
        return sg_fail(e, SG_ECORRUPT, "credits: note of %zu bytes", note.n);
    c->n = 0;
    c->lead = get_u64(note.p + 1);
    int rc = 0;
    for (size_t at = NOTE_HEAD; at < note.n && !rc; at += NOTE_ROW)
        rc = sg_credits_set(c, (unsigned char)note.p[at], get_u64(note.p + at + 1), a, e);
    return rc;
}

static struct sg_str note_write(const struct sg_credits *c, char note[NOTE_MAX])
{
    char *p = note;
    *p++ = NOTE_VERSION;
    p = put_u64(p, c->lead);
    for (size_t i = 0; i < c->n; i++) {
        *p++ = (char)c->v[i].position;
        p = put_u64(p, c->v[i].artist_id);
    }
    return (struct sg_str){note, (size_t)(p - note)};
}

int sg_credits_load(struct sg_credits *c, struct sg_delta *d, uint64_t song_id,
                    const struct sg_list *ids, bool *noted, struct sg_arena *a, struct sg_error *e)
{
    char key[9];
    struct sg_str note;
    int rc = sg_delta_note_get(d, note_key(key, song_id), a, &note, e);
    *noted = rc == 0;
    if (rc == 0)
        return note_read(c, note, a, e);
    if (rc != SG_ENOENT)
        return rc;
    const uint64_t *v = ids->v;
    c->n = 0;
    c->lead = ids->n ? v[0] : 0;
    rc = 0;
    for (size_t i = 0; i < ids->n && !rc; i++)
        rc = sg_credits_set(c, i + 1, v[i], a, e);
    return rc;
}

int sg_credits_save(const struct sg_credits *c, struct sg_delta *d, uint64_t song_id, bool noted,
                    struct sg_error *e)
{
    char key[9], note[NOTE_MAX];
    if (sg_credits_are_plain(c))
        return noted ? sg_credits_forget(d, song_id, e) : 0;
    return sg_delta_note_put(d, note_key(key, song_id), note_write(c, note), e);
}

int sg_credits_forget(struct sg_delta *d, uint64_t song_id, struct sg_error *e)
{
    char key[9];
    return sg_delta_note_put(d, note_key(key, song_id), SG_STR_NONE, e);
}
