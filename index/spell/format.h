/* format.h - private to index/spell: the segment, its keys, its distance.
 *
 *   WORDS        the words' bytes, sorted, one after the other
 *   LENGTHS      u8 per word
 *   BASES        u32 per group of SPELL_GROUP words: where its first begins
 *   FREQUENCIES  u32 per word
 *   MAXIMA       tree over the groups' largest frequency (maxtree.h, one lane)
 *   BUCKETS      u32 per bucket and one more: where its postings begin
 *   POSTINGS     words (by number, as differences, 7 bits a byte) filed in it
 *   SOUNDS       u32 per word that has a sound: words by the hash of their sound;
 *                empty in older segments
 *   value WORDS, BUCKETS, POSTINGS
 *
 * A word is filed under the hashes of what is left of it after deletions:
 *
 *   near   the first 9 characters less one; the whole word when it is shorter
 *   far    words of 8 characters and more: the first 7 characters less two
 *
 * and a query asks for its own first 9 characters less up to max_distance, and
 * for all 5-character rests of its first 7. Prefixes are enough, since each edit
 * costs two words' equally long prefixes at most one common character (an
 * insertion pushes one out). Hence the guarantee of spell.h. A bucket holds
 * about 8 postings of any keys, without the keys: candidates are verified anyway.
 */
#pragma once
#include "core/text.h"
#include "index/maxtree.h"
#include "index/segment.h"
#include "index/spell.h"

#define SPELL_MAGIC       "SGSPEL01"
#define SPELL_GROUP       8
#define SPELL_BUCKET_MEAN 8
#define SPELL_NEAR        9
#define SPELL_FAR         7
#define SPELL_FAR_MIN     8  /* characters of a word filed under far keys */
#define SPELL_KEYS_MAX    80 /* 1 + 9 + 36 near and 21 far */
#define SPELL_CHARS_MAX   64

enum {
    SPELL_WORDS,
    SPELL_LENGTHS,
    SPELL_BASES,
    SPELL_FREQUENCIES,
    SPELL_MAXIMA,
    SPELL_BUCKETS,
    SPELL_POSTINGS,
    SPELL_SOUNDS
};
enum { SPELL_N_WORDS, SPELL_N_BUCKETS, SPELL_N_POSTINGS };

/* A word's characters. Bytes that are no UTF-8 stand for themselves, above Unicode. */
struct spell_chars {
    size_t n;
    uint32_t c[SPELL_CHARS_MAX];
};
/* false when there are more than SPELL_CHARS_MAX. */
bool spell_chars_of(struct spell_chars *out, struct sg_str word);

/* Distinct keys; returns how many. */
size_t spell_keys_filed(const struct spell_chars *w, uint32_t keys[SPELL_KEYS_MAX]);
size_t spell_keys_asked(const struct spell_chars *w, int max_distance,
                        uint32_t keys[SPELL_KEYS_MAX]);
/* What the word sounds like, as a hash; 0: nothing (digits, other scripts, one sound). */
uint32_t spell_sound_of(struct sg_str word);
static inline uint32_t spell_bucket(uint32_t key, uint32_t n_buckets)
{
    return (uint32_t)((uint64_t)key * n_buckets >> 32);
}

/* A query prepared to be compared with many words. */
struct spell_pattern {
    size_t n;
    uint64_t ascii[128]; /* bit i: the query's character i is this one */
    size_t n_other;
    uint32_t other[SPELL_CHARS_MAX];
    uint64_t other_bits[SPELL_CHARS_MAX];
};
void spell_pattern_init(struct spell_pattern *p, const struct spell_chars *query);
int spell_pattern_distance(const struct spell_pattern *p, const struct spell_chars *word);
