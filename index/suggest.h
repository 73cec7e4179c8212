/* suggest.h - top-k completion over a mapped, immutable segment.
 *
 * Entries are folded strings (core/text.h) with a weight and an entity. They
 * lie sorted and front-coded in blocks; a tree of maximum weights over the
 * blocks finds the best k under a prefix best-first, without visiting the
 * others. Idea: Hsu and Ottaviano, "Space-Efficient Data Structures for Top-k
 * Completion", WWW 2013. An entity may have several entries (infix words:
 * "heaven" finds "stairway to heaven"); results are deduplicated by entity.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"
#include "schemas/catalogue.h"

#define SG_PREFIX_MAX 128 /* bytes of a folded prefix; more is cut by the caller */

struct sg_completion {
    enum sg_kind kind;
    bool infix; /* matched from a later word of the entry */
    uint64_t id;
    float weight; /* >= 0; as given to the writer, within 1% */
};

struct sg_suggest; /* thread-safe after open */
/* SG_ENOENT, SG_ECORRUPT (checksum of header, bounds). */
int sg_suggest_open(struct sg_suggest **out, const char *path, struct sg_error *e);
/* The same over bytes the caller keeps (fuzzing, tests). */
int sg_suggest_open_bytes(struct sg_suggest **out, struct sg_str bytes, struct sg_error *e);
void sg_suggest_close(struct sg_suggest *s);
uint64_t sg_suggest_count(const struct sg_suggest *s);
/* Up to k (at most 64) completions of a folded prefix (1..SG_PREFIX_MAX bytes),
 * heaviest first, each entity once; kinds: bit set of 1 << kind. Infix entries
 * keep 24 bytes: a longer prefix finds whole titles only. Of entities as heavy as
 * the k-th, which ones come is not said, and an entity found both ways may be
 * told as infix. Allocates nothing. A corrupt segment gives fewer or wrong
 * answers, never a bad access. */
size_t sg_suggest_match(const struct sg_suggest *s, struct sg_str prefix, unsigned kinds,
                        struct sg_completion *out, size_t k);

/* Writer: entries in any order; sorts (spilling when large), writes, syncs. */
struct sg_suggest_writer;
int sg_suggest_writer_open(struct sg_suggest_writer **out, const char *path, struct sg_error *e);
/* folded: the entity's whole folded title; the writer adds the infix entries
 * (each later word's start, within its own bounds) by itself. */
int sg_suggest_writer_add(struct sg_suggest_writer *w, struct sg_str folded, enum sg_kind kind,
                          uint64_t id, float weight, struct sg_error *e);
int sg_suggest_writer_finish(struct sg_suggest_writer *w, struct sg_error *e); /* frees w */
void sg_suggest_writer_abort(struct sg_suggest_writer *w);
