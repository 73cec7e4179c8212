/* people.h - what each listener did, at hand: for filters, taste and reasons.
 *
 *   first request of a user --> one query of the database --> packed, in a bounded cache
 *   change tail (live.h) -----> applied to whoever is in it; anybody else is read when asked for
 *
 * All of what the database holds is found, however old: plays younger than recsys.heard_days
 * are there completely, older ones as the last SG_PERSON_SONGS songs. A person packed takes
 * some 6 bytes for each song and 8 for each of the last plays: 100,000 listeners of 150 songs
 * take some 150 MB; recsys.people_mb bounds it, the longest unasked for leave first.
 *
 * What a reading saw already, by its snapshot, is passed over when it comes by the tail: each
 * change counts once. A person being read while one arrives is read again by the next request;
 * so is one whose reading does not see a change that came before: a transaction is told of from
 * its record in the log on, and seen by others only a moment later, or, where the database waits
 * for a synchronous replica, when that has it.
 * While the tail is away (sg_people_follow) nobody is believed for longer than a second.
 * Thread-safe; locks are held for no I/O.
 */
#pragma once
#include "core/arena.h"
#include "core/err.h"
#include "core/pg.h"

#define SG_PERSON_PLAYS 50  /* last plays kept in order */
#define SG_PERSON_SONGS 500 /* songs kept however long ago they were heard */
#define SG_SKIP_S       30  /* played for less: a skip */

struct sg_person_play {
    uint64_t song_id;
    int64_t at_us;
    int32_t played_s; /* -1: unknown, taken as complete */
};
struct sg_person_song {
    uint64_t song_id;
    int64_t last_us; /* when last begun, rounded up to the hour */
    uint32_t plays, skips;
};
struct sg_ids { /* ascending, each once */
    const uint64_t *v;
    size_t n;
};
enum sg_person_list {
    SG_PERSON_LIKES, /* songs: in one of the first three at most */
    SG_PERSON_DISLIKES,
    SG_PERSON_NOT_INTERESTED,
    SG_PERSON_HIDDEN,   /* artists: never recommended */
    SG_PERSON_FOLLOWED, /* artists */
    SG_PERSON_LISTS
};
struct sg_person {
    uint64_t user_id;
    uint64_t version; /* another one after each change: for what is derived and kept */
    bool known;       /* there is such a user */
    bool stale;       /* the database is away, and so may be what is newer than this */
    bool clean;       /* preferences.explicit is false: no explicit songs */
    char market[3];   /* preferences.market, else users.country; "": unknown */
    const struct sg_person_play *plays; /* newest first */
    size_t n_plays;
    const struct sg_person_song *songs; /* ascending song_id */
    size_t n_songs;
    struct sg_ids lists[SG_PERSON_LISTS];
};

static inline bool sg_play_is_skip(int32_t played_s)
{
    return played_s >= 0 && played_s < SG_SKIP_S;
}
bool sg_ids_hold(struct sg_ids ids, uint64_t id);
/* NULL: never, as far as is kept. */
const struct sg_person_song *sg_person_song(const struct sg_person *p, uint64_t song_id);
/* Begun (skips too) within the last heard_days before now_us; 0 days: never. */
bool sg_person_heard(const struct sg_person *p, uint64_t song_id, int64_t heard_days,
                     int64_t now_us);

/* The transactions that a reading saw: those below a number, but for these, which were running. */
struct sg_people_seen {
    uint64_t below;
    struct sg_ids running;
};
/* Where people are read: fills *out (all but version and stale) with arrays in a, plays newest
 * first, the rest in their order, and *seen. Called by many threads, under no lock. */
struct sg_people_source {
    int (*load)(void *ctx, uint64_t user_id, int64_t deadline_us, struct sg_arena *a,
                struct sg_person *out, struct sg_people_seen *seen, struct sg_error *e);
    void *ctx;
};
struct sg_people_options {
    size_t bytes_max;
    int64_t heard_days; /* 0..3650 */
    struct sg_people_source source;
};

struct sg_people;
int sg_people_open(struct sg_people **out, const struct sg_people_options *o, struct sg_error *e);
void sg_people_close(struct sg_people *s);
/* A copy in a. Somebody unknown is an empty person, not an error. SG_EUNAVAIL, SG_ETIMEOUT:
 * not at hand and the database does not answer. */
int sg_people_get(struct sg_people *s, uint64_t user_id, int64_t deadline_us, struct sg_arena *a,
                  struct sg_person *out, struct sg_error *e);

enum sg_person_change_kind {
    SG_CHANGED_PLAY,   /* song_id, at_us, played_s */
    SG_CHANGED_LIST,   /* id into list, out of those it excludes; or, not on, out of it */
    SG_CHANGED_SONG,   /* id out of the first three lists */
    SG_CHANGED_UNSAID, /* something else: read again when next asked for */
};
struct sg_person_change {
    enum sg_person_change_kind kind;
    uint64_t user_id, id; /* of the song or artist */
    uint64_t xid;         /* the transaction, in 64 bits; 0: of none, never passed over */
    int64_t at_us;
    int32_t played_s;
    enum sg_person_list list;
    bool on;
};
void sg_people_change(struct sg_people *s, const struct sg_person_change *c);
/* Nobody at hand is believed any more: all are read again when asked for. */
void sg_people_forget(struct sg_people *s);
/* Whether changes are arriving; not at first. */
void sg_people_follow(struct sg_people *s, bool arriving);

struct sg_people_state {
    size_t people, bytes;
    uint64_t loads, evictions;
};
void sg_people_state(struct sg_people *s, struct sg_people_state *out);

/* Of PostgreSQL; d lives as long as the people. */
struct sg_people_database {
    struct sg_pg_pool *pool;
    int64_t heard_days;
};
struct sg_people_source sg_people_source(const struct sg_people_database *d);
