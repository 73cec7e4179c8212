/* content_hear.c - sounds behind descriptions: see content.h.
 *
 * Lists are those of the descriptions. Their centroids take the mean of their songs' sounds, so
 * that a song that has nothing but a sound finds the list where most sounds like it.
 */
#include "recsys/content_layout.h"
#include <math.h>
#include <stdlib.h>

#define SHARE 0.5f /* length of a sound beside a description's 1: a fifth of the square of both */

/* Of length SHARE; false when the song's is not known. */
static bool sound_of(const struct layout *l, size_t song, float out[SG_CONTENT_SOUND])
{
    const float *v = l->s->sound + song * SG_CONTENT_SOUND;
    float sum = 0;
    for (size_t i = 0; i < SG_CONTENT_SOUND; i++)
        sum += v[i] * v[i];
    if (!(sum > 0) || !isfinite(sum))
        return false;
    for (size_t i = 0; i < SG_CONTENT_SOUND; i++)
        out[i] = v[i] * SHARE / sqrtf(sum);
    return true;
}

/* The means of the lists' sounds behind their centroids, d apart. */
static void hear_lists(const struct layout *l, float *centroids, size_t d)
{
    float v[SG_CONTENT_SOUND];
    size_t from, to;
    for (size_t i = 0; i < l->lists; i++) {
        float *c = centroids + i * d;
        memcpy(c, sg_meaning_list(l->s->meaning, i, &from, &to), l->d * sizeof *c);
        memset(c + l->d, 0, (d - l->d) * sizeof *c);
    }
    for (size_t i = 0; d > l->d && i < l->s->songs; i++) {
        if (l->list[i] == UINT32_MAX || !sound_of(l, i, v))
            continue;
        float *c = centroids + l->list[i] * d + l->d;
        (void)sg_meaning_list(l->s->meaning, l->list[i], &from, &to);
        for (size_t f = 0; f < SG_CONTENT_SOUND; f++)
            c[f] += v[f] / (float)(to > from ? to - from : 1);
    }
}

static uint32_t nearest_by_sound(const struct layout *l, const float *centroids, size_t d,
                                 const float *v)
{
    uint32_t best = 0;
    float most = -INFINITY;
    for (size_t i = 0; i < l->lists; i++) {
        const float *c = centroids + i * d + l->d;
        float sum = 0;
        for (size_t f = 0; f < SG_CONTENT_SOUND; f++)
            sum += c[f] * v[f];
        if (sum > most) {
            most = sum;
            best = (uint32_t)i;
        }
    }
    return best;
}

/* The song's description and sound as one; false when it has neither. */
static bool join(const struct layout *l, size_t song, const float *sound, int8_t *out)
{
    float v[SG_MEANING_PLACED_MAX] = {0};
    const int8_t *described = l->vectors + song * l->d;
    float length = l->list[song] == UINT32_MAX ? 0 : content_length(described, l->d);
    for (size_t i = 0; length > 0 && i < l->d; i++)
        v[i] = (float)described[i] / length;
    if (sound)
        memcpy(v + l->d, sound, SG_CONTENT_SOUND * sizeof *v);
    return sg_meaning_quantise(v, l->d + SG_CONTENT_SOUND, out);
}

static bool any_sounds(const struct layout *l)
{
    float v[SG_CONTENT_SOUND];
    if (!l->s->sound || !l->lists || l->d + SG_CONTENT_SOUND > SG_MEANING_PLACED_MAX)
        return false;
    for (size_t i = 0; i < l->s->songs; i++)
        if (sound_of(l, i, v))
            return true;
    return false;
}

static int add_sounds(struct layout *l, struct sg_error *e)
{
    size_t d = l->d + SG_CONTENT_SOUND;
    int8_t *all = calloc(l->s->songs + 1, d);
    float v[SG_CONTENT_SOUND];
    if (!all)
        return sg_fail(e, SG_ENOMEM, "sounds");
    for (size_t i = 0; i < l->s->songs; i++) {
        bool sounds = sound_of(l, i, v);
        if (join(l, i, sounds ? v : NULL, all + i * d) && l->list[i] == UINT32_MAX)
            l->list[i] = nearest_by_sound(l, l->centroids, d, v);
    }
    free(l->vectors);
    l->vectors = all;
    return 0;
}

int content_hear(struct layout *l, struct sg_error *e)
{
    size_t d = any_sounds(l) ? l->d + SG_CONTENT_SOUND : l->d;
    l->centroids = calloc(l->lists * d + 1, sizeof *l->centroids);
    if (!l->centroids)
        return sg_fail(e, SG_ENOMEM, "centroids");
    hear_lists(l, l->centroids, d);
    int rc = d > l->d ? add_sounds(l, e) : 0;
    l->d = d;
    return rc;
}
