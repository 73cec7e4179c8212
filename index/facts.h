/* facts.h - what the ranker reads of each candidate: a fixed row per document
 * and its folded fields, in one mapped file per kind (facts-song.seg ...).
 *
 *   header (its own XXH3 last) | row[docid 1..n] | text heap
 *
 * text of a row: folded title 0x1f folded artist 1 0x1f artist 2 ... 0x1e folded album
 * 0x1f its aliases, where words are joined by single spaces; before it, when there are aliases,
 * 0x1d those of the title, joined by 0x1f, 0x1c those of the artists, alike, 0x1d. Opening reads
 * the header only and every get checks its offsets; the sum of the whole file is in the manifest.
 */
#pragma once
#include "index/document.h"

struct sg_facts {
    uint64_t id;
    uint64_t popularity;    /* now: live plays where they moved since the build */
    uint16_t year, release; /* release: as sg_release_of says */
    bool is_explicit;
    uint32_t genre_id;
    struct sg_str title;   /* folded */
    struct sg_str artists; /* folded names joined by 0x1f */
    struct sg_str album;   /* folded, its aliases after 0x1f each */
    /* Folded and joined by 0x1f: other names of the title, of any of the artists. */
    struct sg_str title_aliases, artist_aliases;
};

struct sg_facts_reader; /* thread-safe */
int sg_facts_open(struct sg_facts_reader **out, const char *path, struct sg_error *e);
void sg_facts_close(struct sg_facts_reader *r);
uint32_t sg_facts_count(const struct sg_facts_reader *r);
/* docid 1..count; false out of range or corrupt row. Allocates nothing. */
bool sg_facts_get(const struct sg_facts_reader *r, uint32_t docid, struct sg_facts *out);
/* Hints that get will soon be asked: of the row docid (text false), then, once that
 * row is near, of its text. Any docid; wrong ones cost nothing. */
void sg_facts_prefetch(const struct sg_facts_reader *r, uint32_t docid, bool text);

struct sg_facts_writer;
int sg_facts_writer_open(struct sg_facts_writer **out, const char *path, struct sg_error *e);
/* In docid order from 1. */
int sg_facts_writer_add(struct sg_facts_writer *w, const struct sg_document *d, struct sg_error *e);
/* Writes, syncs and frees w, whatever it returns. */
int sg_facts_writer_finish(struct sg_facts_writer *w, struct sg_error *e);
/* Flushes w's parts to disk for sg_facts_merge and frees w, whatever it returns. */
int sg_facts_writer_part(struct sg_facts_writer *w, struct sg_error *e);
/* Joins the parts written under these paths, in the order given, into one file
 * and removes them. */
int sg_facts_merge(const char *const *parts, size_t n, const char *path, struct sg_error *e);
void sg_facts_writer_abort(struct sg_facts_writer *w);
/* The packed text of a row as it stands in the file, for the delta. */
void sg_facts_pack(const struct sg_document *d, struct sg_buf *out);
bool sg_facts_unpack(struct sg_str packed, struct sg_facts *out);
