/* weigh.c - see weigh.h. */
#include "recsys/weigh.h"
#include <math.h>

bool sg_weigh_is_skip(int64_t played_s, int64_t duration_s)
{
    return played_s >= 0 && played_s < SG_WEIGH_SKIP_S &&
           !(duration_s > 0 && played_s * 10 >= duration_s * 8);
}

/* What a listener chose herself says more than what was played to her. */
static float of_source(struct sg_str source)
{
    static const struct {
        const char *name;
        float weight;
    } known[] = {{"radio", 0.5f}, {"autoplay", 0.5f}, {"mix", 0.5f}, {"recommendation", 0.7f}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sg_str_eq(source, sg_str(known[i].name)))
            return known[i].weight;
    return 1;
}

float sg_play_weight(const struct sg_play_facts *p, double half_life_days)
{
    double days = p->age_us > 0 ? (double)p->age_us / 86400e6 : 0;
    float decay = (float)exp2(-days / half_life_days);
    if (sg_weigh_is_skip(p->played_s, p->duration_s))
        return -0.5f * decay;
    float heard = p->played_s >= 0 && p->duration_s > 0
                      ? fminf(1, (float)p->played_s / (float)p->duration_s)
                      : 1;
    return fmaxf(0.25f, heard) * of_source(p->source) * decay;
}
