/* weigh.h - what one play says of a taste.
 *
 * A play counts for how much of the song was heard (all of it when that is unknown),
 * for what led to it, and half as much every half-life. One that ended before 30 s is
 * a skip and counts against the song, half as much as a whole play counts for it;
 * unless the song is so short that most of it was heard.
 */
#pragma once
#include "core/str.h"

#define SG_WEIGH_SKIP_S 30

struct sg_play_facts {
    int64_t played_s;   /* -1: unknown */
    int64_t duration_s; /* 0: unknown */
    struct sg_str source;
    int64_t age_us;
};
/* > 0 a play, < 0 a skip. */
float sg_play_weight(const struct sg_play_facts *p, double half_life_days);
bool sg_weigh_is_skip(int64_t played_s, int64_t duration_s);
