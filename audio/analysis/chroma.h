/* chroma.h - pitch classes of a spectrum.
 *
 * Only peaks count, at the frequency that a parabola through a peak and its neighbours gives (Smith
 * and Serra, PARSHL, 1987), so that low tones fall into the right class although their bins are
 * wider than a semitone. Peaks that a lower tone explains as its overtones count little.
 */
#pragma once
#include <stddef.h>

/* Adds to chroma (from C, equal temperament, A = 440 Hz) what the n magnitudes, hz_per_bin apart,
 * have in it. */
void sg_chroma_add(const float *magnitude, size_t n, double hz_per_bin, double chroma[12]);
