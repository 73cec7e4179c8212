/* reason.c - see reason.h. */
#include "recsys/rank/reason.h"
#include "recsys/rank/rank.h"
#include <math.h>

const char *const sg_reason_names[SG_REASONS] = {
    [SG_BECAUSE_PLAYED] = "because you played",
    [SG_BECAUSE_ARTIST] = "because you listen to",
    [SG_BECAUSE_NEW] = "new from",
    [SG_BECAUSE_TASTE] = "for you",
    [SG_BECAUSE_ALIKE] = "similar",
    [SG_BECAUSE_GENRE] = "popular in",
    [SG_BECAUSE_TREND] = "trending",
    [SG_BECAUSE_POPULAR] = "popular",
    [SG_BECAUSE_LIKE] = "like",
    [SG_BECAUSE_BY] = "by",
};

float sg_popularity(const struct sg_occasion *o, uint32_t song, const struct sg_song_row *first)
{
    const struct sg_song_row *row = sg_songs_row(o->model->songs, song);
    return row && first ? log1pf((float)row->plays) / (1 + log1pf((float)first->plays)) : 0;
}

static bool is_new(const struct sg_occasion *o, const struct sg_song_row *row)
{
    int64_t today = o->now_us / 86400000000ll;
    return row->released != SG_SONG_UNDATED && row->released <= today &&
           row->released >= today - o->new_days;
}

/* The feature that counted most among those that a reason can be given for. */
static enum sg_rank_feature strongest(const struct sg_occasion *o, const struct sg_candidate *c)
{
    static const enum sg_rank_feature telling[] = {SG_RANK_NEAR,  SG_RANK_ARTIST,  SG_RANK_LATELY,
                                                   SG_RANK_TASTE, SG_RANK_CONTENT, SG_RANK_TREND,
                                                   SG_RANK_GENRE};
    enum sg_rank_feature best = SG_RANK_POPULAR;
    float most = 0.05f;
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++) {
        float part = sg_rank_weight(o, telling[i]) * c->feature[telling[i]];
        if (part > most) {
            most = part;
            best = telling[i];
        }
    }
    return best;
}

void sg_reason_of(const struct sg_occasion *o, const struct sg_leaning *t,
                  const struct sg_candidate *c, struct sg_recommendation *out)
{
    const struct sg_song_row *row = sg_songs_row(o->model->songs, c->song);
    const struct sg_song_row *because = sg_songs_row(o->model->songs, c->because);
    static const enum sg_reason of[SG_RANK_FEATURES] = {
        [SG_RANK_TASTE] = SG_BECAUSE_TASTE,   [SG_RANK_NEAR] = SG_BECAUSE_PLAYED,
        [SG_RANK_CONTENT] = SG_BECAUSE_ALIKE, [SG_RANK_LATELY] = SG_BECAUSE_ARTIST,
        [SG_RANK_ARTIST] = SG_BECAUSE_ARTIST, [SG_RANK_TREND] = SG_BECAUSE_TREND,
        [SG_RANK_GENRE] = SG_BECAUSE_GENRE,   [SG_RANK_POPULAR] = SG_BECAUSE_POPULAR,
    };
    *out = (struct sg_recommendation){.song_id = row->song_id, .score = c->score};
    memcpy(out->feature, c->feature, sizeof out->feature);
    out->reason = of[strongest(o, c)];
    if (out->reason == SG_BECAUSE_POPULAR && c->sources & SG_FROM_TREND)
        out->reason = SG_BECAUSE_TREND;
    if (c->sources & SG_FROM_FOLLOWED && is_new(o, row) &&
        (c->feature[SG_RANK_FOLLOWED] > 0 || sg_share_of(&t->artists, row->artist_id) > 0))
        out->reason = SG_BECAUSE_NEW;
    if (out->reason == SG_BECAUSE_PLAYED && !because)
        out->reason = SG_BECAUSE_TASTE;
    if (out->reason == SG_BECAUSE_PLAYED)
        out->because_song = because->song_id;
    if (out->reason == SG_BECAUSE_ARTIST || out->reason == SG_BECAUSE_NEW)
        out->because_artist = row->artist_id;
    if (t->is_of_songs && out->because_song)
        out->reason = SG_BECAUSE_LIKE;
    if (t->is_of_songs && out->reason == SG_BECAUSE_ARTIST)
        out->reason = SG_BECAUSE_BY;
    if (out->reason == SG_BECAUSE_GENRE)
        out->because_genre = row->genre_id;
}
