/* instant.h - points of time as RFC 3339 texts, in microseconds since 1970 (UTC). */
#pragma once
#include "core/arena.h"

/* "2026-11-29T14:05:06Z", "...06.25+01:00": years 1970 to 9999, a second 60 is the next one's
 * start, digits beyond microseconds are cut. False: anything else. */
bool sg_instant_parse(struct sg_str text, int64_t *us);
#define SG_INSTANT_CHARS 27
/* "2026-11-29T14:05:06Z", with six digits when it is not a whole second; zero-terminated. */
void sg_instant_text(int64_t us, char out[SG_INSTANT_CHARS + 1]);
struct sg_str sg_instant_str(struct sg_arena *a, int64_t us); /* none: out of memory */
