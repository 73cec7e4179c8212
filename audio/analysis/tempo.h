/* tempo.h - beats a minute from the strength of onsets.
 *
 * The autocorrelation of the onset strength is summed at the first multiples of each period that
 * comes into question and weighted towards what people tap (Ellis, "Beat Tracking by Dynamic
 * Programming", J. New Music Research 2007, section 3.2). The multiples give a fine resolution from
 * coarse frames.
 */
#pragma once
#include <stddef.h>

/* strength: n values, rate of them a second. *pulse: how much of the strength recurs, 0 to 1.
 * Returns 0: none was found. */
double sg_tempo(const float *strength, size_t n, double rate, double *pulse);
