/* weights.h - the ranker's features and what each is worth.
 *
 * A score is the sum of value x weight. Evidence weighs more than all the rest
 * together, so that exact beats prefix beats typo whatever the popularity;
 * within one class of evidence the rest trades off. A weights file has lines
 * "feature = weight" and '#' comments; features it does not name keep their
 * built-in weight.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

enum sg_feature_id {
    SG_F_EVIDENCE,     /* enum sg_evidence (rank.h) */
    SG_F_TITLE_WORDS,  /* share of the query's words that the title holds */
    SG_F_TITLE_COVER,  /* share of the title's words that the query names */
    SG_F_ARTIST_WORDS, /* share of the query's words that the artists hold */
    SG_F_ARTIST_COVER, /* 1: some artist's whole name is in the query */
    SG_F_ALBUM_WORDS,  /* share of the query's words that only the album holds */
    SG_F_ORDER,        /* share of neighbouring words that are neighbours in a field */
    SG_F_STARTS,       /* share of the query that the title starts with, in order */
    SG_F_UNTYPED,      /* share of the unfinished word's completion not yet typed */
    SG_F_VERSION,      /* 1: another recording (live, remix, cover) than was asked for */
    SG_F_EDITS,        /* spelling edits as weighed, all words together */
    SG_F_ALIAS,        /* 1: answers by another name (an alias) of the title or an artist */
    SG_F_DROPPED,      /* share of the query's words that were given up */
    SG_F_POPULARITY,   /* log plays, 1: the most popular of its kind */
    SG_F_FRESHNESS,    /* 0: 1950 or unknown, 1: this year */
    SG_F_LIKING,       /* how much it is to the searcher's liking, 1: most (taste.h) */
    SG_F_NEARNESS,     /* to what the words mean, 1: the nearest; of what was found so */
    SG_F_LYRICS,       /* how close a line of the lyrics comes, of what was found so */
    SG_F_KIND_SONG,    /* 1 for a song, and so on: how likely the kind is meant */
    SG_F_KIND_ARTIST,
    SG_F_KIND_ALBUM,
    SG_F_KIND_PLAYLIST,
    SG_FEATURES
};
const char *sg_feature_name(enum sg_feature_id f);

struct sg_weights {
    float w[SG_FEATURES];
};
void sg_weights_default(struct sg_weights *w);
/* Over the present weights. SG_EINVAL: "name:line: expected ...". */
int sg_weights_parse(struct sg_weights *w, const char *name, struct sg_str text,
                     struct sg_error *e);
/* Defaults, then the file; path "" or NULL: defaults alone. */
int sg_weights_load(struct sg_weights *w, const char *path, struct sg_error *e);
