/* postings.h - one kind's base of posting lists, over Xapian (postings.cpp is the only
 * unit that sees its C++). Docids are static-rank order, so reading on in docid
 * order is reading the best first. A reader is thread-bound.
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
/* Xapian's estimate of all matches from the term frequencies, >= 0. */
uint64_t sg_postings_estimate(struct sg_postings *p);

/* Writes documents docid first..: without termlist and docdata, for several shards
 * at once; merge concatenates shards in the order given into one compact database. */
struct sg_postings_writer;
int sg_postings_writer_open(struct sg_postings_writer **out, const char *path, struct sg_error *e);
int sg_postings_writer_add(struct sg_postings_writer *w, const struct sg_document *d,
                           struct sg_error *e);
int sg_postings_writer_finish(struct sg_postings_writer *w, struct sg_error *e); /* frees w */
void sg_postings_writer_abort(struct sg_postings_writer *w);
int sg_postings_merge(const char *const *shards, size_t n, const char *path, struct sg_error *e);
