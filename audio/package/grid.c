/* grid.c - see grid.h. */
#include "audio/package/grid.h"

/* The divisor of a segment that is nearest to what FLAC's encoder would take. Streamable FLAC has
 * at most 4608 samples a frame up to 48 kHz (RFC 9639, section 7). */
static uint32_t frame_of(uint32_t segment)
{
    uint32_t best = 0, wanted = 4096;
    for (uint32_t frame = 1152; frame <= 4608; frame++) {
        uint32_t off = frame > wanted ? frame - wanted : wanted - frame;
        uint32_t best_off = best > wanted ? best - wanted : wanted - best;
        if (segment % frame == 0 && (!best || off < best_off))
            best = frame;
    }
    return best;
}

struct sg_grid sg_grid_of(int rate)
{
    static const int usual[] = {8000,  11025, 16000, 22050, 24000,  32000,
                                44100, 48000, 88200, 96000, 176400, 192000};
    if (rate % 25 == 0 && rate <= 192000 && frame_of(SG_SEGMENT_SAMPLES(rate)))
        return (struct sg_grid){rate, frame_of(SG_SEGMENT_SAMPLES(rate)), SG_SEGMENT_SAMPLES(rate)};
    size_t i = 0, last = sizeof usual / sizeof *usual - 1;
    while (i < last && usual[i] < rate)
        i++;
    uint32_t segment = SG_SEGMENT_SAMPLES(usual[i]);
    return (struct sg_grid){usual[i], frame_of(segment), segment};
}

size_t sg_grid_cuts(int64_t samples, int rate)
{
    int64_t twice = 2 * samples - rate; /* of what is there beside half a second */
    return twice < 0 ? 0 : (size_t)(twice * 25 / (192 * (int64_t)rate));
}
