/* names.h - questions made of the real names in a catalogue.
 *
 * Every song, album and artist is an item; "title artist" is its name, an
 * artist's name alone for artists. A class of questions changes the name in one
 * way (damage.h). The same catalogue and seed always give the same questions.
 * A third of the names, by their hash, is held out: the same song is on the same
 * side wherever it comes from.
 *
 * A question is left out when its words are all the words of another item's name:
 * it then asks for that one.
 */
#pragma once
#include "core/str.h"
#include "schemas/catalogue.h"
#include <libpq-fe.h>

#define NAMES_SEED 20240731u

enum name_class {
    NAME_ONE_TYPO,
    NAME_TWO_TYPOS,
    NAME_ORDER,
    NAME_MISSING,
    NAME_NO_MARKS,
    NAME_NO_SPACES,       /* within the title and within the artist */
    NAME_ONE_STRING,      /* nor between them */
    NAME_COMPLETION,      /* the first 40 % of "title artist" */
    NAME_COMPLETION_NAME, /* the first 40 % of an artist's name, often two or three letters */
    NAME_CLASSES
};
extern const char *const name_class_names[NAME_CLASSES];
bool name_class_completes(enum name_class c);

enum name_source {
    NAME_ARCHIVE_SONGS,
    NAME_BILLBOARD_SONGS,
    NAME_ALBUMS,
    NAME_ARTISTS,
    NAME_LASTFM_ARTISTS,
    NAME_SOURCES
};
extern const char *const name_source_names[NAME_SOURCES];

struct name_item {
    enum sg_kind kind;
    enum name_source source;
    uint64_t id, plays;
    char *title, *artist; /* artist: "" for an artist */
    uint64_t key;         /* engine_key */
    uint64_t order;       /* at random: every step-th is taken by it */
    bool held;
};

struct names {
    size_t n;
    struct name_item *v;
    struct name_bag *bags; /* sorted */
};

/* "title artist", or the artist's name alone; bytes, 0 when it does not fit. */
size_t name_write(const struct name_item *item, char *out, size_t cap);
/* Reads the whole catalogue, in an order by chance; ends the program on failure. */
void names_read(struct names *x, PGconn *c);
void names_free(struct names *x);
/* Bytes of the question; 0 when this class has none for this item. */
size_t names_ask(const struct names *x, const struct name_item *item, enum name_class class,
                 uint64_t seed, char *out, size_t cap);

/* The most that any engine can reach over all items: where n different names give
 * the same question, one of them alone can come first. MRR@10; for completions the
 * share in the first five. */
double names_reachable(const struct names *x, enum name_class class, uint64_t seed);
