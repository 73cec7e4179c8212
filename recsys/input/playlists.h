/* playlists.h - playlists and what is known of their tracks, to judge how well a model
 * continues a playlist it has never seen from its first half.
 *
 * What tracks are made of joins the plays as more rows: an artist, an album, a word of a
 * title is one more "listener" of its tracks (Jeunen, Van Balen, Goethals, "Closed-Form
 * Models for Collaborative Filtering with Side-Information", RecSys 2020). So every model
 * reaches a track that is in no other playlist, by its artist, album and title.
 */
#pragma once
#include "recsys/input/split.h"

struct sg_playlists {
    struct sg_pairs entries; /* by playlist, time added and track */
    struct sg_pairs content; /* user: what a track is made of */
};
struct sg_content { /* weights of the rows; 0 leaves them out */
    float artist, album, word;
};

/* tracks.tsv and playlist_tracks.tsv of a folder, plain or gzip, in the columns of
 * spotify-playlist-archive. Words of over 2,000 titles are left out. SG_ENOENT, SG_EINVAL (a
 * line, by number), SG_ECORRUPT, SG_ELIMIT. */
int sg_playlists_read(struct sg_playlists *out, const char *dir, const struct sg_content *c,
                      struct sg_error *e);
void sg_playlists_free(struct sg_playlists *p);

/* One of `folds` shares of the playlists is asked for, the others and the content are learned
 * from. Given: the earlier half of a playlist's tracks (of n: (n + 1) / 2), less those that
 * nothing is known of; held back: the later. SG_EINVAL, SG_ENOMEM. */
int sg_split_playlists(struct sg_split *out, const struct sg_playlists *p, size_t fold,
                       size_t folds, uint64_t seed, struct sg_error *e);
