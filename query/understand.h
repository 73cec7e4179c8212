/* understand.h - what a query says beyond its words.
 *
 *   operators  artist:"daft punk" album:x title:x year:1990..1999 genre:jazz
 *              type:album "one more time" -live          (understand/syntax.c)
 *   meaning    hello by adele, 80s rock, songs from 1999, albums by queen
 *                                                        (understand/meaning.c)
 *
 * Operators bind: they are checked on every record (struct sg_constraints).
 * A meaning is a second reading beside the literal one and never ranks above
 * a literal match of all words. Pure; nothing is allocated.
 */
#pragma once
#include "core/text.h"
#include "index/facts.h"
#include "schemas/search.h"

#define SG_CONSTRAINTS_MAX 16
#define SG_GENRES_MAX      16 /* genres of one query */

enum sg_field_id { SG_FIELD_ANY, SG_FIELD_TITLE, SG_FIELD_ARTIST, SG_FIELD_ALBUM };

/* Words [from, to) of the query, or of the unwanted ones, and where they must
 * (or must not) stand in a record. */
struct sg_constraint {
    uint8_t field;    /* enum sg_field_id */
    uint8_t from, to; /* not empty */
    bool phrase;      /* next to each other, in order */
    bool negated;     /* of the unwanted words: the record must not hold them */
};
struct sg_constraints {
    size_t n;
    struct sg_constraint v[SG_CONSTRAINTS_MAX];
    struct sg_words unwanted;
};

/* A query's text taken apart. Views are of the request or of the struct itself. */
struct sg_syntax {
    bool has_operators;
    bool open;               /* the text ends inside a wanted word */
    size_t n_kept;           /* bytes of kept */
    char kept[SG_QUERY_MAX]; /* the wanted text, without operators */
    struct sg_constraints constraints;
    struct sg_str genre, type; /* absent: not said */
    int year_from, year_to;    /* 0: not said */
};
/* text: at most SG_QUERY_MAX bytes of UTF-8. What looks like an operator and is
 * none (a lone quotation mark, a year that is no year) stays text. words: those of
 * the kept text. */
void sg_syntax_parse(struct sg_syntax *x, struct sg_str text, struct sg_words *words);
/* "1999", "1990..1999", "1990-1999", "1990..", "..1999", "90s", "1990s". */
bool sg_years_parse(struct sg_str text, int *from, int *to);

/* A meaning of the words: some of them say how to look, not what for. */
struct sg_meaning {
    uint64_t drop;               /* bit set of words that are not looked for */
    unsigned kinds, typed_kinds; /* bit sets; typed: those the words say */
    uint64_t in_genre;           /* words that name a genre */
    bool of_artist;              /* queen songs, albums by queen: what is left names an artist */
    size_t by;                   /* index of "by" between title and artist; 0: none */
    int year_from, year_to;
    size_t n_genres;
    uint64_t genres[SG_GENRES_MAX];
    bool versions; /* a version word (live, remix ...) among the words looked for */
};
/* The catalogue's genres by folded name. */
struct sg_vocabulary {
    size_t n;
    struct {
        uint64_t hash, id; /* of the folded name */
    } genres[512];
};
void sg_vocabulary_add(struct sg_vocabulary *v, struct sg_str genre, uint64_t id);
/* False when the words mean no more than they say. */
bool sg_understand(struct sg_meaning *m, const struct sg_words *words,
                   const struct sg_vocabulary *v);
/* Genres of a name as people write it (rnb, hiphop, chill); returns how many. */
size_t sg_genres_named(const struct sg_vocabulary *v, struct sg_str folded,
                       uint64_t out[SG_GENRES_MAX]);
