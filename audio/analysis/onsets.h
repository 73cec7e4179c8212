/* onsets.h - how often something begins to sound. */
#pragma once
#include <stddef.h>

/* strength: of n hops. How many of them are onsets: greatest of their neighbourhood, and well above
 * what is usual there (Bello et al., "A tutorial on onset detection", 2005, section IV). */
size_t sg_onsets_count(const float *strength, size_t n);
