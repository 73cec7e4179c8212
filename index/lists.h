/* lists.h - posting lists by the hash of their term, in one mapped file.
 *
 * Made for terms that are asked for as they stand: beginnings of words, genres,
 * years, whole titles and names, identifiers. Inverting takes some 30 ns a
 * posting, finding a list some 100 ns and skipping in it a few, a fraction of
 * what the Xapian base takes, which keeps the words.
 *
 * A term is known by its XXH3 alone. Two of one hash share a list (at 30 million
 * terms the odds are one in 40,000 that any two do), so what is found by words or
 * names must be looked at again; the ranker does. A filter never shares one with a text.
 *
 * Words of SG_LISTS_WORD_LEAST documents and more have a list here too: reading
 * Xapian's costs a system call a block, which a long list has many of.
 *
 * A list is cut into blocks of 65,536 docids, each a sorted array of 16-bit
 * numbers or, when that is smaller, a bit set (as in S. Chambi, D. Lemire et
 * al., Better bitmap performance with Roaring bitmaps, 2016). A single posting
 * lies in the list's entry.
 *
 *   "SGLISTS1" segment (segment.h): value[0] documents
 *   0 containers   u16[n] or u64[1024], each padded to 8 bytes
 *   1 blocks       struct sg_list_block, those of a list together, ascending
 *   2 lists        struct sg_list_entry by ascending hash
 *
 * Opening reads the header; a list is checked when it is asked for, and what
 * containers hold can be wrong, but never makes a seek go back or read outside.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

#define SG_LIST_END         UINT32_MAX
#define SG_LISTS_WORD_LEAST 256 /* postings of a word (a W term) that a merged file has */

struct sg_lists; /* thread-safe */
int sg_lists_open(struct sg_lists **out, const char *path, struct sg_error *e);
/* Over bytes (8-byte aligned) that outlive it; for tests. */
int sg_lists_open_bytes(struct sg_lists **out, struct sg_str bytes, struct sg_error *e);
void sg_lists_close(struct sg_lists *l);
uint32_t sg_lists_documents(const struct sg_lists *l);
uint32_t sg_lists_frequency(const struct sg_lists *l, struct sg_str term); /* postings */

/* A list being read, forward only; a view of its sg_lists. */
struct sg_postlist {
    const struct sg_list_block *block, *end; /* the one at hand .. */
    const char *containers;
    uint32_t index; /* arrays: of the posting at hand */
    uint32_t at;    /* the posting at hand: a docid or SG_LIST_END */
};
/* On its first posting; an unknown or damaged list is at its end. */
struct sg_postlist sg_postlist_open(const struct sg_lists *l, struct sg_str term);
/* On the first posting at or after target, which is returned. */
uint32_t sg_postlist_seek(struct sg_postlist *list, uint32_t target);

/* A window of 65,536 docids (those of equal docid >> 16) as a bit set. */
#define SG_WINDOW_BITS  65536
#define SG_WINDOW_WORDS (SG_WINDOW_BITS / 64)
/* Adds the list's postings of a window, and may move the list up to its end. Windows are
 * asked for in ascending order. Returns what it cost, in steps of a seek's. */
uint32_t sg_postlist_window(struct sg_postlist *list, uint32_t window,
                            uint64_t bits[SG_WINDOW_WORDS]);

/* Collects postings in memory: 4 bytes each and as much again while growing, and 24
 * to 64 a term. */
struct sg_lists_writer;
int sg_lists_writer_open(struct sg_lists_writer **out, struct sg_error *e);
/* Docids of a term come in ascending order, each once, from 1. */
int sg_lists_writer_add(struct sg_lists_writer *w, struct sg_str term, uint32_t docid,
                        struct sg_error *e);
/* Writes path, synced; frees w, whatever it returns. documents: the highest docid. */
int sg_lists_writer_finish(struct sg_lists_writer *w, uint32_t documents, const char *path,
                           struct sg_error *e);
void sg_lists_writer_abort(struct sg_lists_writer *w);
/* Concatenates files in the order given, docids of one after those of the one before,
 * and leaves rare words out. */
int sg_lists_merge(const char *const *paths, size_t n, const char *path, struct sg_error *e);
