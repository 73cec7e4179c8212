/* cursor.h - where a radio stands, in a text that its listener keeps: the server remembers
 * nothing, so a radio survives any restart and costs no memory.
 *
 *   base64url of  version u8 | seed u32 | n seeds u8 | (kind u8, id varint) ... | last artists:
 *   n u8, varint ... | turn u8 |
 *   filters u8 | (songs u16, bits) ... | checksum u32
 *
 * Songs already played are kept in Bloom filters (Bloom 1970), each twice as large as the one
 * before (Almeida, Baquero, Preguica, Hutchison, IPL 2007): no song that was played is ever
 * taken for new; at most one in ten that is new is taken for played, which costs nothing
 * but that song. Five filters hold 1,984 songs in 3 KiB; when they are full the older half is
 * forgotten, in turns the four small ones and the large one, so that at least the last 960
 * songs never come again.
 */
#pragma once
#include "core/arena.h"
#include "core/err.h"
#include "core/str.h"

#define SG_RADIO_SEEDS   5
#define SG_RADIO_LAST    6
#define SG_PLAYED_STAGES 5
#define SG_PLAYED_FIRST  64 /* songs of the first stage; twice as many in each next one */
#define SG_PLAYED_BITS   8  /* a song */
#define SG_CURSOR_TEXT   4096

enum sg_seed_kind {
    SG_SEED_SONG,
    SG_SEED_ARTIST,
    SG_SEED_ALBUM,
    SG_SEED_PLAYLIST,
    SG_SEED_GENRE,
    SG_SEED_KINDS
};
struct sg_seed {
    enum sg_seed_kind kind;
    uint64_t id;
};
struct sg_played {
    uint8_t stages, turn; /* turn 1: the large one is forgotten next */
    uint16_t songs[SG_PLAYED_STAGES];
    uint8_t bits[SG_PLAYED_STAGES]
                [(SG_PLAYED_FIRST << (SG_PLAYED_STAGES - 1)) * SG_PLAYED_BITS / 8];
};
struct sg_radio_state {
    uint32_t seed; /* of chance */
    struct sg_seed seeds[SG_RADIO_SEEDS];
    size_t n_seeds;
    uint64_t last[SG_RADIO_LAST]; /* artists, the last played first */
    size_t n_last;
    struct sg_played played;
};

bool sg_played_holds(const struct sg_played *p, uint64_t song_id);
void sg_played_add(struct sg_played *p, uint64_t song_id);
size_t sg_played_count(const struct sg_played *p); /* that it remembers */

/* In a; {NULL, 0} when out of memory. */
struct sg_str sg_cursor_write(const struct sg_radio_state *s, struct sg_arena *a);
/* Any bytes at all (fuzzed): SG_EINVAL, field "cursor". */
int sg_cursor_read(struct sg_str text, struct sg_radio_state *out, struct sg_error *e);
