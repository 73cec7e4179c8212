/* segment.h - segments of the tests' own making. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* Puts the size and the header's checksum right, so that all else is judged by who opens
 * it. Nothing when it is shorter than a header. */
void test_segment_seal(uint8_t *p, size_t n);
