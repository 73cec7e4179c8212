/* trends.h - what is being played now: a counter per song and region that halves
 * every half-life.
 *
 * All counters decay alike, so none is touched as time passes: a play at time t
 * adds 2^((t - origin) / half_life), which keeps the order; when the exponent
 * grows large, everything is scaled down once (forward decay: Cormode,
 * Shkapenyuk, Srivastava, Xu, ICDE 2009). Plays may come late or out of order.
 * Thread-safe: one lock, held for no I/O.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

struct sg_trends;
int sg_trends_new(struct sg_trends **out, double half_life_s, struct sg_error *e);
void sg_trends_free(struct sg_trends *t);

/* Two letters as 1..676 in any case, 0 for anything else: all regions. */
unsigned sg_region(struct sg_str code);

/* A play at at_us (wall clock) in region (0: unknown); counted for the region and for all. */
int sg_trends_play(struct sg_trends *t, uint64_t song_id, unsigned region, int64_t at_us,
                   struct sg_error *e);
/* How many (song, region) counters there are. */
size_t sg_trends_count(struct sg_trends *t);

struct sg_trend {
    uint64_t song_id;
    double plays; /* decayed to now_us: recent plays' worth */
};
/* The k heaviest of a region (0: all) that keep(ctx, song) accepts (NULL: all), best first;
 * fewer than a thousandth of a play counts as none. Returns how many. */
size_t sg_trends_top(struct sg_trends *t, unsigned region, int64_t now_us,
                     bool (*keep)(void *ctx, uint64_t song_id), void *ctx, struct sg_trend *out,
                     size_t k);
