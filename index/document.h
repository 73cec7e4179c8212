/* document.h - what of an entity is searched: the one place that says which
 * terms and which facts a record gives, for base and delta alike.
 *
 * Terms (the base's Xapian and the delta share them):
 *   W<word>    a folded word of any field (and its alternatives)
 *   P<prefix>  the first 1, 2, 3 and 4 characters of each word
 *   T<letters> the whole folded title or name without its spaces and a leading "the",
 *              and each alias of it (cut to 200 bytes)
 *   N<letters> a whole artist name alike (songs, albums), and each alias of it
 *   V<word>    a folded word of its lyrics, in any language (songs)
 *   A<id>      filter: credited artist    L<id>  filter: album
 *   G<id>      filter: genre              Y<year> filter: year, 4 digits
 *   E1         filter: explicit
 *   Q          every document
 */
#pragma once
#include "core/text.h"
#include "schemas/catalogue.h"

#define SG_DOC_ARTISTS_MAX 16   /* names of more credited artists are not searched */
#define SG_TERM_MAX        240  /* bytes; Xapian's limit is 245 */
#define SG_TERM_WHOLE_MAX  200  /* bytes of a whole value in a T or N term, prefix not counted */
#define SG_DOC_TERMS_MAX   8192 /* terms of one document; words beyond are not searched */

struct sg_document {
    enum sg_kind kind;
    uint64_t id;
    struct sg_str title; /* forms (sg_text_forms) of a song's or album's title, else of the name */
    size_t n_artists;
    struct sg_str artists[SG_DOC_ARTISTS_MAX]; /* forms of names, lead first */
    uint64_t artist_ids[SG_DOC_ARTISTS_MAX];
    struct sg_str album; /* forms; songs only */
    /* Names (sg_names_next): other ones of the title, of each artist, of the album. */
    struct sg_str title_aliases, artist_aliases[SG_DOC_ARTISTS_MAX], album_aliases;
    uint64_t album_id, genre_id;
    int year; /* 0 unknown */
    bool is_explicit;
    uint16_t release;     /* as sg_release_of says; 0: long ago, or unknown */
    struct sg_str lyrics; /* packed (index/lyrics.h); absent: none. The caller's to set */
    uint64_t popularity; /* song: plays; artist, album: plays of their songs; playlist: followers */
};

/* The names of an artist or album, as sg_document_names gives them; {NULL, 0} when it is
 * not known. */
typedef struct sg_str (*sg_name_fn)(void *ctx, enum sg_kind kind, uint64_t id);
/* The document of a record (struct sg_song ... by kind), with views of the names
 * and the title's forms in a. Each credited artist once, in order, of the first
 * SG_DOC_ARTISTS_MAX credits; an unknown one keeps its id and has no name.
 * Popularity of an artist or album is left 0 for the caller to set. SG_ENOMEM. */
int sg_document_of(struct sg_document *d, enum sg_kind kind, const void *record, sg_name_fn name,
                   void *ctx, struct sg_arena *a);
/* The forms of a text in a; p NULL when out of memory. */
struct sg_str sg_document_text(struct sg_arena *a, struct sg_str text);
/* Names: the forms (sg_text_forms) of a title or name, then of each alias and hint, every
 * one but the first after a mark. p NULL when out of memory. */
struct sg_str sg_document_names(struct sg_arena *a, enum sg_kind kind, const void *record);
/* The same appended to out, which fails when out of memory. */
void sg_document_put_names(struct sg_buf *out, enum sg_kind kind, const void *record);
/* Takes the forms of the first name off *names; false at their end. */
bool sg_names_next(struct sg_str *names, struct sg_str *forms);

/* Filters and whole values first, then words; each term once. A non-zero return stops and is
 * returned. */
typedef int (*sg_term_fn)(void *ctx, struct sg_str term);
int sg_document_terms(const struct sg_document *d, sg_term_fn emit, void *ctx);

/* The term of a whole folded value (cap of its folding >= SG_TEXT_MAX): its letters, so that
 * it is found however they are spaced; cut on a character to SG_TERM_WHOLE_MAX. prefix: 'T' or
 * 'N'. A view of out. */
struct sg_str sg_term_whole(char prefix, struct sg_str folded, char out[SG_TERM_MAX]);
/* The term of a number: prefix 'A', 'L', 'G' (ids) or 'Y' (year). A view of out. */
struct sg_str sg_term_number(char prefix, uint64_t number, char out[SG_TERM_MAX]);

/* A release date as an index has it: days since 2020-01-01, later ones than a 15-bit number
 * holds (2109) as that. What is released later than sg_release_today is hidden. */
#define SG_RELEASE_MAX 0x7fff
uint16_t sg_release_of(struct sg_str date);
uint16_t sg_release_today(int64_t wall_us); /* by UTC */

/* The static rank: a song more popular, or equal and of smaller id, comes first. */
int sg_static_rank_cmp(uint64_t popularity_a, uint64_t id_a, uint64_t popularity_b, uint64_t id_b);
