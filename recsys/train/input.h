/* input.h - what a model is made of, read in one snapshot of the database.
 *
 * A panel of users is kept out of training, always the same ones: those whose hash is
 * below a bound. No model ever saw their plays, so that two models are measured
 * fairly by them (strong generalisation: Liang et al., WWW 2018); they are served as
 * everybody is, by folding in.
 */
#pragma once
#include "core/config.h"
#include "recsys/interactions.h"
#include "recsys/songs.h"
#include "recsys/train/own_factors.h"

struct sg_panel_play {
    uint64_t user;
    int64_t at_us; /* since 1970 */
    uint32_t song; /* its row */
    float weight;  /* weigh.h, of the time of reading */
};
struct sg_train_input {
    struct sg_song_row *songs; /* by song id */
    size_t n_songs;
    uint64_t *credits;
    size_t n_credits;
    struct sg_market_set *sets;
    size_t n_sets;
    float *sound; /* audio vectors, SG_CONTENT_SOUND of each song (content.h); NULL: of none */
    struct sg_interactions plays; /* users by id, items by the song's row; weights > 0 */
    struct sg_panel_play *panel;  /* by user, then time */
    size_t n_panel;
    uint64_t panel_below;      /* the bound */
    struct sg_own_factors own; /* instead of factors trained from the plays; n 0: none */
};
int sg_train_input_read(const struct sg_config *config, struct sg_train_input *out,
                        struct sg_error *e);
void sg_train_input_free(struct sg_train_input *t);
/* Whether the user is of the panel. */
bool sg_panel_has(uint64_t user, uint64_t below);
