/* words.h - private to index/spell: the open segment's sorted words. */
#pragma once
#include "core/map.h"
#include "index/spell/format.h"

struct sg_spell {
    struct sg_map map;
    struct sg_str section[SG_SEGMENT_SECTIONS];
    struct sg_maxtree maxima;
    uint32_t n_words, n_buckets;
};

/* Empty when the segment is corrupt there. i < n_words. */
struct sg_str spell_word_at(const struct sg_spell *s, uint32_t i);
uint32_t spell_frequency_at(const struct sg_spell *s, uint32_t i);

/* Words [first, last) that share their first bytes. */
struct spell_range {
    uint32_t first, last;
};
struct spell_range spell_range_all(const struct sg_spell *s);
/* Those of the range whose byte number `at` is c; they share the bytes before it. */
void spell_range_narrow(const struct sg_spell *s, struct spell_range *r, size_t at,
                        unsigned char c);
/* The frequency of the range's word that is n bytes long and no more; 0: none. */
uint32_t spell_range_whole(const struct sg_spell *s, const struct spell_range *r, size_t n);
