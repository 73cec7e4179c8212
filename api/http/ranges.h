/* ranges.h - the Range header (RFC 9110 section 14): which parts of a representation are asked
 * for. What a client says is bounded: few ranges, and those that overlap or nearly touch are one.
 */
#pragma once
#include "core/str.h"

#define SG_RANGES_MAX 16
#define SG_RANGES_GAP 80 /* bytes between two that cost less than telling them apart */

struct sg_range {
    uint64_t from, n;
};
struct sg_ranges {
    struct sg_range v[SG_RANGES_MAX];
    size_t n;
};
enum sg_ranges_said {
    SG_RANGES_NONE, /* all of it: no header, another unit, malformed, or more than SG_RANGES_MAX */
    SG_RANGES_SOME,
    SG_RANGES_OUTSIDE, /* none of them lies within: 416 */
};
/* header may be NONE. Those that lie outside are left out; the order is the client's, ascending
 * when some were made one. */
enum sg_ranges_said sg_ranges_read(struct sg_str header, uint64_t bytes, struct sg_ranges *out);
