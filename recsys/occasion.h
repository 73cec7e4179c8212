/* occasion.h - what an answer is made for: by whom, when, where, out of which model. */
#pragma once
#include "core/arena.h"
#include "recsys/charts.h"
#include "recsys/model.h"
#include "recsys/people/people.h"

enum sg_device { SG_DEVICE_OWN, SG_DEVICE_SHARED }; /* shared: a car, a speaker, a television */

struct sg_played; /* cursor.h: songs of a radio already heard */

struct sg_occasion {
    const struct sg_model *model;
    struct sg_charts *charts;       /* NULL: nothing is trending */
    const struct sg_person *person; /* an empty one for nobody */
    int64_t now_us;                 /* wall */
    int64_t heard_days, new_days, decay_days;
    unsigned region;       /* sg_region, where songs must be to be had; 0: anywhere */
    unsigned chart_region; /* whose chart is asked for; 0: of all */
    bool clean;            /* no explicit songs */
    int hour;              /* 0..23, the listener's own; -1: unknown */
    enum sg_device device;
    struct sg_ids queue, leave_out; /* songs, in any order: played next, not wanted */
    const struct sg_played *played; /* NULL: none */
    const float *weights;           /* of the ranker (rank/rank.h); NULL: its own */
    uint64_t seed;                  /* of what is left to chance; 0: nothing is */
    struct sg_arena *arena;         /* of all that an answer takes */
};
/* "phone", "car" ... */
enum sg_device sg_device_of(struct sg_str name);
