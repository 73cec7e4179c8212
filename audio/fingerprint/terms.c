/* terms.c - see terms.h. */
#include "audio/fingerprint/terms.h"
#include "audio/fingerprint/print.h"
#include <stdlib.h>

#define SHIFT   8 /* bits that are dropped: the last four of Chromaprint's sixteen filters */
#define SILENCE 627964279u /* what Chromaprint makes of digital silence */

/* MurmurHash3's finalizer. */
static uint32_t scrambled(uint32_t v)
{
    v ^= v >> 16;
    v *= 0x85ebca6bu;
    v ^= v >> 13;
    v *= 0xc2b2ae35u;
    return v ^ v >> 16;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int signed_ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

size_t sg_terms(const uint32_t *items, size_t n, int32_t out[SG_TERMS])
{
    uint32_t all[SG_PRINT_ITEMS];
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < n && count < SG_PRINT_ITEMS; i++)
        if (items[i] != SILENCE)
            all[count++] = scrambled(items[i] >> SHIFT);
    qsort(all, count, sizeof *all, ascending);
    for (size_t i = 0; i < count && kept < SG_TERMS; i++)
        if (i == 0 || all[i] != all[i - 1])
            out[kept++] = (int32_t)all[i];
    qsort(out, kept, sizeof *out, signed_ascending);
    return kept;
}
