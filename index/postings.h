/* postings.h - one kind's base of posting lists, over Xapian (only the units of
 * index/postings/ see its C++). Docids are static-rank order, so reading on in docid
 * order is reading the best first. A reader is thread-bound.
 *
 * Groups are intersected by leapfrog: the rarest leads, the others skip to
 * where it stands, and a group of several terms keeps its lists in a heap by
 * docid. When even the rarest is common, they are intersected as bit sets, a window
 * of 65,536 docids after the other. Either way a match can stop anywhere and go on
 * from there, and costs nothing (or a window) for what is not read.
 */
#pragma once
#include "index/searcher.h"

struct sg_postings;
int sg_postings_open(struct sg_postings **out, const char *path, struct sg_error *e);
void sg_postings_close(struct sg_postings *p);
uint32_t sg_postings_frequency(struct sg_postings *p, struct sg_str term);
uint32_t sg_postings_count(struct sg_postings *p); /* documents */

/* A running match of groups (searcher.h) in ascending docid order. One at a time
 * per reader; begin ends the one before. */
int sg_postings_begin(struct sg_postings *p, const struct sg_term_group *groups, size_t n,
                      struct sg_error *e);
/* Up to cap more docids; 0 at the end; negative error. */
int sg_postings_next(struct sg_postings *p, uint32_t *out, size_t cap, struct sg_error *e);
/* The running match ends once it has cost more work, about one a posting decoded
 * (some 5 ns); begin sets no limit. */
void sg_postings_limit(struct sg_postings *p, uint64_t work);
/* What the running match has cost; *cut: the limit has ended it. */
uint64_t sg_postings_work(const struct sg_postings *p, bool *cut);
/* Of all matches, from the term frequencies as if terms were independent of each
 * other, and never above the rarest group's. */
uint64_t sg_postings_estimate(struct sg_postings *p);

/* Writes documents as docid 1, 2, 3 ..., without termlist and docdata, for several
 * shards at once; merge concatenates shards in the order given into one compact
 * database. Thread-compatible. */
struct sg_postings_writer;
int sg_postings_writer_open(struct sg_postings_writer **out, const char *path, struct sg_error *e);
int sg_postings_writer_add(struct sg_postings_writer *w, const struct sg_document *d,
                           struct sg_error *e);
/* The same term by term, for callers that look at the terms too: any number of
 * terms, then end. */
int sg_postings_writer_term(struct sg_postings_writer *w, struct sg_str term, struct sg_error *e);
int sg_postings_writer_end(struct sg_postings_writer *w, struct sg_error *e);
int sg_postings_writer_finish(struct sg_postings_writer *w, struct sg_error *e); /* frees w */
void sg_postings_writer_abort(struct sg_postings_writer *w);
/* Synced to disk when it returns 0. The shards stay. */
int sg_postings_merge(const char *const *shards, size_t n, const char *path, struct sg_error *e);
