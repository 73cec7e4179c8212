/* key.h - the musical key from how much each pitch class sounds.
 *
 * Krumhansl and Kessler's profiles of the 24 keys ("Tracing the dynamic changes in perceived tonal
 * organization", Psychological Review 1982) are correlated with it; the best one is the key.
 */
#pragma once

#define SG_KEY_CLARITY_MIN 0.45 /* correlation; less is no key: drums, noise */

struct sg_key {
    int tonic;      /* 0: C .. 11: B */
    int minor;      /* 0, 1 */
    double clarity; /* correlation, -1 to 1 */
};

void sg_key_find(const double chroma[12], struct sg_key *out);
/* "C# minor"; static; NULL: none is clear. */
const char *sg_key_name(const struct sg_key *k);
