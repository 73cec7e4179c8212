/* spell.h - the catalogue's words: prefix expansion and spelling correction
 * from one mapped, immutable segment.
 *
 * Words lie sorted with their document frequency. Corrections come from a
 * deletion neighbourhood: every word is filed under each string made by
 * deleting up to d of its characters, and a query's own deletions are looked up
 * there, then verified. Source: Bocek, Hunt, Stiller, "Fast Similarity Search
 * in Large Dictionaries", 2007 (FastSS), with hashed keys. Distance is optimal
 * string alignment (Damerau-Levenshtein with adjacent transpositions) on
 * Unicode characters.
 */
#pragma once
#include "core/err.h"
#include "core/str.h"

struct sg_spelling {
    struct sg_str word; /* view into the segment or into the caller's scratch */
    uint32_t frequency; /* documents holding it */
    uint8_t distance;   /* edits */
    char bytes[64];     /* where word points when it could not be a view */
};

struct sg_spell; /* thread-safe after open */
int sg_spell_open(struct sg_spell **out, const char *path, struct sg_error *e);
int sg_spell_open_bytes(struct sg_spell **out, struct sg_str bytes, struct sg_error *e);
void sg_spell_close(struct sg_spell *s);
uint64_t sg_spell_count(const struct sg_spell *s);
/* 0 when the word is not in the catalogue. */
uint32_t sg_spell_frequency(const struct sg_spell *s, struct sg_str word);
/* Up to cap words starting with prefix, most frequent first. *more: there are others. */
size_t sg_spell_prefix(const struct sg_spell *s, struct sg_str prefix, struct sg_spelling *out,
                       size_t cap, bool *more);
/* Up to cap starts of words that are one slip from typed (ASCII letters; the first one
 * right, left out or swapped), those of the most frequent words first: beethvo ->
 * beethov. distance is 1, frequency that of the most frequent word. */
size_t sg_spell_starts(const struct sg_spell *s, struct sg_str typed, struct sg_spelling *out,
                       size_t cap);
/* Up to cap words that sound like this one (sound.c: consonants by kind, without
 * vowels), nearest in spelling first. None when the segment has no such list. */
size_t sg_spell_sounds(const struct sg_spell *s, struct sg_str word, struct sg_spelling *out,
                       size_t cap);
/* A run of words written without spaces, cut into words of the catalogue where they
 * are most frequent together (as if independent: a unigram model, by dynamic
 * programming over the cuts); way: 0 is the best, then the next best. With open, the last may be
 * the start of a word. out: views of text; returns how many, 0 when it cannot be cut into at most
 * cap. Text over SG_SEGMENT_BYTES is not cut. */
#define SG_SEGMENT_BYTES 200
#define SG_SEGMENT_WAYS  4
size_t sg_spell_segment(const struct sg_spell *s, struct sg_str text, bool open, size_t way,
                        struct sg_str *out, size_t cap);
/* Up to cap words within max_distance (1 or 2) edits, nearest then most frequent
 * first, the word itself left out. Complete at one edit (except from one lone
 * character to another), and at two for words of 8 characters and more; shorter
 * words two edits away are found when deleting one character or none of theirs
 * and up to two of the query's makes both equal (a wrong or swapped letter and a
 * letter too many, but not two wrong letters). Work is bounded: at most 32768
 * words are compared. */
size_t sg_spell_correct(const struct sg_spell *s, struct sg_str word, int max_distance,
                        struct sg_spelling *out, size_t cap);
/* Optimal string alignment distance of two UTF-8 words, > limit when above limit
 * or when they differ and one has over 64 characters. */
int sg_spell_distance(struct sg_str a, struct sg_str b, int limit);

struct sg_spell_writer;
int sg_spell_writer_open(struct sg_spell_writer **out, const char *path, struct sg_error *e);
/* Adds count to the word's frequency. SG_EINVAL: longer than SG_WORD_MAX. */
int sg_spell_writer_add(struct sg_spell_writer *w, struct sg_str word, uint32_t count,
                        struct sg_error *e);
int sg_spell_writer_finish(struct sg_spell_writer *w, struct sg_error *e); /* frees w */
void sg_spell_writer_abort(struct sg_spell_writer *w);
