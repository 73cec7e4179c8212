/* features.h - the audio vector: a song's sound as SG_AUDIO_FEATURES numbers for the recommender.
 *
 * Each number has a name and a fixed centre and width, so that it lies around 0 with a spread of
 * about 1 and no song needs to know the others; beyond -3 to 3 it is cut. Distance and inner
 * product are then meaningful. Centres and widths were set by hand around what 168 pieces of
 * data/generate gave, twice as wide, and what is usual of recorded music where that differs;
 * whoever has a catalogue may centre anew. The order never changes; another meaning needs another
 * name.
 *
 *   mfcc_mean_0 .. 12, mfcc_dev_0 .. 12      timbre (Mel-frequency cepstrum) and how it varies
 *   centroid, centroid_dev, spread, rolloff  brightness
 *   flatness, flux, flux_dev                 noise or tone, how much changes
 *   crossings, crossings_dev                 of zero
 *   low, middle, high                        shares of the energy
 *   level_dev, loudness, loudness_range, crest   dynamics
 *   onset_rate, tempo, pulse                 rhythm; tempo by octaves around 120
 *   mode, key_clarity, chroma_spread         harmony; mode above 0 is major
 */
#pragma once
#include "audio/analysis/key.h"
#include "audio/analysis/spectrum.h"
#include "schemas/audio.h"

struct sg_features_from {
    const struct sg_audio_spectrum_facts *spectrum;
    const struct sg_key *key;
    double loudness, loudness_range, true_peak; /* SG_AUDIO_UNTOLD allowed */
};

void sg_features_make(const struct sg_features_from *from, double out[SG_AUDIO_FEATURES]);
/* NULL: there is none such. */
const char *sg_features_name(size_t i);
