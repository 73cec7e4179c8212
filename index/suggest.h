/* suggest.h - top-k completion over a mapped, immutable segment.
 *
 * Entries are folded strings (core/text.h) with a score and an entity. They lie
 * sorted and front-coded in blocks; a tree of maximum scores over the blocks
 * finds the best k under a prefix best-first, without visiting the others.
 * Idea: Hsu and Ottaviano, "Space-Efficient Data Structures for Top-k
 * Completion", WWW 2013.
 *
 *   benzo\x1fblood orange    an entity's title, SG_SUGGEST_BY, and who it is by
 *   heaven                   and a later word of a title: stairway to heaven
 *
 * The mark between makes one range of everything that is called exactly so
 * ("benzo\x1f"), however much is called something longer and is better known.
 * The first letters of all words are kept as well, for words typed wrongly.
 */
#pragma once
#include "core/err.h"
#include "core/text.h"
#include "schemas/catalogue.h"

#define SG_PREFIX_MAX 128 /* bytes of a folded prefix; more is cut by the caller */
#define SG_SUGGEST_BY '\x1f'

/* An entity's score: the natural logarithm of its plays and one. */
float sg_suggest_score(uint64_t popularity);
/* What a name of so many letters loses in the order SG_NEARLY_TYPED: of two names
 * begun so, the shorter is the likelier one. 0 up to 4 letters, 18.4 from 40 on. */
float sg_suggest_length_loss(unsigned letters);

enum sg_suggest_order {
    SG_BEST_KNOWN,   /* whole titles by score */
    SG_NEARLY_TYPED, /* whole titles by score less sg_suggest_length_loss */
    SG_LATER_WORD,   /* later words of titles, by score */
};

struct sg_completion {
    enum sg_kind kind;
    uint8_t letters; /* of the title, 255 and more alike; 0 for a later word */
    uint64_t id;
    float score; /* as given to the writer, within 1/8; 0 .. 31 */
};

struct sg_suggest; /* thread-safe after open */
/* SG_ENOENT, SG_ECORRUPT (checksum of header, bounds). */
int sg_suggest_open(struct sg_suggest **out, const char *path, struct sg_error *e);
/* The same over bytes the caller keeps (fuzzing, tests). */
int sg_suggest_open_bytes(struct sg_suggest **out, struct sg_str bytes, struct sg_error *e);
void sg_suggest_close(struct sg_suggest *s);
uint64_t sg_suggest_count(const struct sg_suggest *s);
/* Up to k (at most 64) completions of a prefix (1..SG_PREFIX_MAX bytes: folded
 * text, which may run over a SG_SUGGEST_BY), best first in this order, each entity
 * once; kinds: bit set of 1 << kind. Of later words 24 bytes are kept and of a
 * maker's name SG_SUGGEST_BY_MAX: a longer prefix finds none of the former, and the
 * rest of the latter does not count. Of entities as good as the k-th, which ones
 * come is not said. Allocates nothing. A corrupt segment gives fewer or wrong
 * answers, never a bad access. */
#define SG_SUGGEST_BY_MAX 12
size_t sg_suggest_match(const struct sg_suggest *s, struct sg_str prefix, unsigned kinds,
                        enum sg_suggest_order order, struct sg_completion *out, size_t k);

/* Whether a title's word is this one, or with open begins so: 0, or else about the
 * score of the best such title, from 1 up in steps of 1/8. Looks at the first
 * SG_NEAR_LETTERS; wrong for one unknown word in a few hundred. */
#define SG_NEAR_LETTERS 10
unsigned sg_suggest_word(const struct sg_suggest *s, struct sg_str word, bool open);
/* Up to cap (at most 32) such words, or beginnings of words, that are one slip of
 * the keys away (a letter more, fewer, another, two swapped), best first. Letters
 * that are put in are of the word's own script. Nothing for words below 3 letters or over
 * SG_WORD_MAX bytes; what follows the first SG_NEAR_LETTERS stays as it is. */
struct sg_near {
    unsigned worth; /* as sg_suggest_word says, less for an unlikely slip */
    uint8_t n;
    char text[SG_WORD_MAX + 4];
};
size_t sg_suggest_near(const struct sg_suggest *s, struct sg_str word, bool open,
                       struct sg_near *out, size_t cap);

/* Writer: entries in any order; sorts (spilling when large), writes, syncs. */
struct sg_suggest_writer;
int sg_suggest_writer_open(struct sg_suggest_writer **out, const char *path, struct sg_error *e);
/* title: the entity's whole folded title; by: the folded name of who it is by, or
 * none. The writer adds the infix entries (each later word's start, within its own
 * bounds) by itself. */
int sg_suggest_writer_add(struct sg_suggest_writer *w, struct sg_str title, struct sg_str by,
                          enum sg_kind kind, uint64_t id, float score, struct sg_error *e);
int sg_suggest_writer_finish(struct sg_suggest_writer *w, struct sg_error *e); /* frees w */
void sg_suggest_writer_abort(struct sg_suggest_writer *w);
