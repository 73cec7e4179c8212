/* charts.h - what is trending, at hand: the heaviest counters of a region and genre,
 * looked up once a second at most, whatever the number of requests. Thread-safe.
 */
#pragma once
#include "recsys/model.h"
#include "recsys/trends.h"

#define SG_CHART_MAX 200

struct sg_charts;
struct sg_charts_source { /* the present counters, as long as they are taken */
    struct sg_trends *(*take)(void *ctx);
    void (*give)(void *ctx);
    void *ctx;
};
int sg_charts_open(struct sg_charts **out, const struct sg_charts_source *source,
                   struct sg_error *e);
void sg_charts_close(struct sg_charts *c);
/* Up to cap songs, most played first; of the genre by the model m (0: all; m may be NULL then).
 * region 0: all. */
size_t sg_charts_top(struct sg_charts *c, const struct sg_model *m, unsigned region,
                     uint64_t genre_id, struct sg_trend *out, size_t cap);
