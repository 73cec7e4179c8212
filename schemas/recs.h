/* recs.h - what the recsys server is asked and answers. Only ids travel: the
 * API joins names by the query server's lookup. */
#pragma once
#include "core/record.h"

#define SG_RECS_MAX        150 /* songs of one answer */
#define SG_RECS_CURSOR_MAX 4096

struct sg_seed_ref {
    struct sg_str type; /* song, artist, album, playlist, genre */
    uint64_t id;
};
/* One record for every method; what a method does not know is not looked at. */
struct sg_recs_request {
    uint64_t user_id; /* 0: nobody in particular */
    int64_t limit;    /* 1..SG_RECS_MAX, default 20 */
    /* similar: to what. continue: a playlist. An unknown song is like its artist's. */
    struct sg_str type; /* song (default), artist, album, playlist */
    uint64_t id, artist_id;
    uint64_t genre_id;    /* trending: 0: all */
    struct sg_str region; /* trending: ISO 3166-1, any case; absent: all */
    struct sg_list
        seeds; /* sg_seed_ref: a radio begins with them, somebody unknown is taken by them */
    struct sg_str cursor; /* radio: where it stands, instead of seeds */
    struct sg_str market; /* two capitals: only what is to be had there; absent: the user's own */
    bool clean;           /* no explicit songs */
    int64_t hour;         /* 0..23 by the listener's clock; -1: unknown */
    struct sg_str device; /* phone, desktop, car, speaker, tv ... */
    struct sg_list queue, leave_out; /* uint64_t songs: played next; unwanted in this answer */
    int64_t mixes;                   /* mixes: how many */
    bool explain;
};

struct sg_rank_part { /* explain: score = sum of contributions, and chance in mixes and radio */
    struct sg_str name;
    double value, weight, contribution;
};
struct sg_scored {
    uint64_t song_id;
    double score;
    struct sg_str reason; /* "because you played", "trending", "popular", "for you" ... */
    uint64_t because_song, because_artist, because_genre; /* 0: none */
    struct sg_list features;                              /* sg_rank_part */
};
struct sg_scored_entity { /* similar artists or albums */
    uint64_t id;
    double score;
};
struct sg_scored_mix {
    uint64_t genre_id;      /* 0: of several */
    struct sg_list artists; /* uint64_t, most telling first */
    struct sg_list songs;   /* sg_scored */
};
struct sg_recs_reply {
    struct sg_list songs;    /* sg_scored, best first */
    struct sg_list entities; /* sg_scored_entity, best first */
    struct sg_list mixes;    /* sg_scored_mix */
    struct sg_str cursor;    /* radio: for what comes next */
    struct sg_list avoid; /* uint64_t artists: without a model, who joins names leaves them out */
    struct sg_str generation; /* of the model; absent: no model, popularity answers */
    struct sg_str fallback;   /* absent, or why: "no model", "unknown song" ... */
    int64_t took_us;
};

extern const struct sg_record sg_recs_request_record, sg_recs_reply_record, sg_scored_record,
    sg_rank_part_record, sg_seed_ref_record;

#define SG_METHOD_TRENDING     "trending"
#define SG_METHOD_SIMILAR      "similar"
#define SG_METHOD_RECOMMEND    "recommend"
#define SG_METHOD_RADIO        "radio"
#define SG_METHOD_CONTINUE     "continue"
#define SG_METHOD_MIXES        "mixes"
#define SG_METHOD_NEW_RELEASES "new_releases"
