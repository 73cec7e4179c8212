/* live.h - small generations with a delta, for the tests of index.
 *
 * The catalogue of n songs: song i of 1..n is "Track <i> <colour>" by artist
 * i % 10 + 1 ("Singer <letter>"), on album i % 20 + 1 ("Record <letter>" of the
 * same artist), genre i % 3 + 1, with 1000 * (n - i) plays; playlists 1..5
 * "Mix <i>". Colours: red green blue amber violet, by i % 5.
 */
#pragma once
#include "index/delta.h"
#include "index/searcher.h"

/* A new folder below $TMPDIR or /tmp, in buf; removed with everything in it. */
void live_dir(char buf[128]);
void live_remove(const char *dir);

/* Builds index_dir/name with n songs, complete with its manifest; created_us orders generations. */
void live_build(const char *index_dir, const char *name, int n, int64_t created_us);
/* live_build and sg_current_publish. */
void live_publish(const char *index_dir, const char *name, int n, int64_t created_us);

struct live_song {
    uint64_t id, artist, album, plays; /* 0: no album */
    const char *title;
};
void live_put_song(struct sg_delta *d, struct live_song s);
void live_put_artist(struct sg_delta *d, uint64_t id, const char *name);
void live_put_album(struct sg_delta *d, uint64_t id, const char *title, uint64_t artist);
void live_put_playlist(struct sg_delta *d, uint64_t id, const char *name, uint64_t followers);
/* Change number i of an endless, repeatable mix: puts, renames, removals, plays. */
void live_change(struct sg_delta *d, uint64_t i);

/* Ids matching every word of words (a leading '-' negates one), best first. */
size_t live_find(struct sg_searcher *s, enum sg_kind kind, const char *words, uint64_t *out,
                 size_t cap);
/* Whether live_find gives exactly this one. */
bool live_finds_only(struct sg_searcher *s, enum sg_kind kind, const char *words, uint64_t id);
/* Everything a searcher can see, as text: equal texts are equal states. Checks on
 * the way that every live record is found exactly once and no other. NULL, with
 * the reason in why, when that fails. Free it. */
char *live_dump(struct sg_searcher *s, char why[256]);
