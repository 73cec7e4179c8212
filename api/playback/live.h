/* live.h - the streams this process has heard of, in memory; private to api/playback.
 *
 * A heartbeat or a request for media touches an entry; what is new of them is taken once a second
 * and written at once (follow.c). An entry goes when nothing was heard of it for three heartbeats.
 * Those that were ended, and devices that were removed, stay until no address that was signed for
 * them can be good, so that their media are refused. Thread-safe; never blocks.
 */
#pragma once
#include "api/playback/playback.h"

#define PLAYBACK_DEVICE_ID 64
#define PLAYBACK_DEVICE    100

enum playback_state { PLAYBACK_PLAYING, PLAYBACK_PAUSED };

struct playback_entry {
    uint64_t playback_id; /* 0: none */
    uint64_t user_id;     /* 0: only heard of by its media: another process knows the rest */
    uint64_t login_id, song_id;
    int64_t position_ms;
    int64_t started_us, heard_us; /* wall clock */
    int64_t written_us;           /* heard_us as the database has it */
    int64_t told_us;              /* when its player told song, state and position */
    int64_t ended_us;             /* it was ended, and is remembered until then; 0: it lives */
    enum playback_state state;
    bool fresh;   /* not in the database, or more than heard_us changed */
    bool changed; /* the user's devices are to be told */
    char device_id[PLAYBACK_DEVICE_ID + 1], device[PLAYBACK_DEVICE + 1];
};

/* What a player says. */
struct playback_word {
    uint64_t user_id, song_id; /* song_id 0: the same */
    int64_t position_ms;
    enum playback_state state;
    struct sg_str device_id; /* NONE: it does not say */
};
enum playback_told {
    PLAYBACK_TOLD,
    PLAYBACK_UNKNOWN,  /* the session is not known here, or ended */
    PLAYBACK_ELSEWHERE /* it is another device's by now */
};

struct playback_live;
struct playback_live *playback_live_open(int64_t silent_us, int64_t ended_us);
void playback_live_close(struct playback_live *l);

/* A session as the database has it, or (fresh) will have it; a newer word of its player stays. */
void playback_live_put(struct sg_playback *p, const struct playback_entry *e);
bool playback_live_find(struct sg_playback *p, uint64_t playback_id, struct playback_entry *out);
/* Its media were asked for; what a device keeps plays nowhere. user_id 0: not told. */
void playback_live_heard(struct sg_playback *p, uint64_t playback_id, uint64_t user_id);
enum playback_told playback_live_tell(struct sg_playback *p, uint64_t playback_id,
                                      const struct playback_word *w);
/* It was handed over to a device, maybe by another process: unless this one knows, it is as good as
 * unknown here. device: "device_id": "<its id>" as JSON has it. */
void playback_live_moved(struct sg_playback *p, uint64_t playback_id, struct sg_str json);
void playback_live_end(struct sg_playback *p, uint64_t playback_id);
bool playback_live_ended(struct sg_playback *p, uint64_t playback_id);
/* Takes up to max whose news are to be written, as they are; they count as written. */
size_t playback_live_take(struct sg_playback *p, struct playback_entry *out, size_t max);
/* What was taken could not be written. */
void playback_live_give_back(struct sg_playback *p, const struct playback_entry *v, size_t n);
/* Forgets what is over; how many play. */
size_t playback_live_tidy(struct sg_playback *p);
