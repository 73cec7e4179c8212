/* sound.c - see sound.h. */
#include "recsys/train/sound.h"
#include "recsys/content.h"
#include "schemas/audio.h"
#include <math.h>
#include <stdlib.h>

_Static_assert(SG_CONTENT_SOUND == SG_AUDIO_FEATURES, "the audio vector as it is stored");

static const char sounds_sql[] =
    "SELECT s.song_id, array_to_string(a.features, ',') FROM song_audio s JOIN assets a "
    "USING (asset_id) ORDER BY s.song_id";

struct reading {
    struct sg_train_input *out;
    size_t at;
};

/* Whether they are as many as there have to be; what is no number is nothing. */
static bool read_features(struct sg_str cell, float *out)
{
    size_t n = 0;
    while (cell.n && n < SG_CONTENT_SOUND) {
        const char *comma = memchr(cell.p, ',', cell.n);
        struct sg_str one = {cell.p, comma ? (size_t)(comma - cell.p) : cell.n};
        double v = 0;
        size_t skip = one.n + (comma != NULL);
        out[n++] = sg_str_to_f64(one, &v) && isfinite(v) ? (float)v : 0;
        cell = (struct sg_str){cell.p + skip, cell.n - skip};
    }
    return n == SG_CONTENT_SOUND && !cell.n;
}

static int take_sound(void *ctx, const struct sg_str *c, size_t n, struct sg_error *e)
{
    struct reading *r = ctx;
    struct sg_train_input *t = r->out;
    uint64_t id;
    float v[SG_CONTENT_SOUND];
    if (n != 2 || !sg_str_to_u64(c[0], &id))
        return sg_fail(e, SG_EINTERNAL, "sounds: %zu columns", n);
    while (r->at < t->n_songs && t->songs[r->at].song_id < id)
        r->at++;
    if (r->at == t->n_songs || t->songs[r->at].song_id != id || !read_features(c[1], v))
        return 0;
    if (!t->sound)
        t->sound = calloc(t->n_songs, sizeof v);
    if (!t->sound)
        return sg_fail(e, SG_ENOMEM, "sounds");
    memcpy(t->sound + r->at * SG_CONTENT_SOUND, v, sizeof v);
    return 0;
}

int sg_train_read_sounds(PGconn *c, struct sg_train_input *out, struct sg_error *e)
{
    struct reading r = {.out = out};
    return sg_pg_copy_out(c, sounds_sql, take_sound, &r, e);
}
