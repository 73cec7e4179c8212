/* reader.h - private to index/suggest: an open segment. */
#pragma once
#include "core/map.h"
#include "index/suggest/format.h"

struct sg_suggest {
    struct sg_map map;
    struct sg_str blocks, offsets, words;
    struct sg_maxtree maxima;
    size_t n_blocks;
    uint64_t n_entries;
    uint8_t losses[256];
};
