/* read_value.h - a song as the cache keeps it: its JSON ready to be sent, its record frozen, and
 * what decides who may see it and whether it still holds.
 *
 *   json | frozen record | markets, two letters each | hashes of what it names | facts
 */
#pragma once
#include "core/buf.h"
#include "schemas/song_view.h"

#define SONG_NEVER INT32_MIN /* no release date */

struct song_facts { /* native order: read by the same build only */
    uint64_t song_id, version;
    uint64_t manager; /* the user who manages its lead artist; 0: none */
    uint64_t lease;   /* of the cache, when it was read */
    uint32_t json_n, frozen_n;
    int32_t release_day; /* days since 1970; SONG_NEVER */
    uint16_t n_markets, n_names;
    bool is_explicit, is_excluded;
};

/* What the database said of one song. */
struct song_row {
    struct sg_song_view view;
    uint64_t version, manager;
    int32_t release_day;
    const uint64_t *names; /* hashes of the cache keys of its artists, album and genre */
    size_t n_names;
};
void song_value_write(struct sg_buf *out, const struct song_row *row, uint64_t lease);

/* The same value as of another lease, in place. */
void song_value_renew(char *bytes, size_t n, uint64_t lease);

struct song_value { /* views into the bytes it was read from */
    struct song_facts facts;
    struct sg_str json, frozen;
    const char *markets, *names;
};
/* False: these bytes are no song. */
bool song_value_read(struct sg_str value, struct song_value *out);
uint64_t song_value_name(const struct song_value *v, size_t i); /* i < n_names */
bool song_value_in_market(const struct song_value *v, struct sg_str market);
