/* key.c - see key.h. */
#include "audio/analysis/key.h"
#include <math.h>
#include <stddef.h>

static const double profiles[2][12] = {
    {6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88},
    {6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17},
};
static const char *const names[2][12] = {
    {"C major", "C# major", "D major", "D# major", "E major", "F major", "F# major", "G major",
     "G# major", "A major", "A# major", "B major"},
    {"C minor", "C# minor", "D minor", "D# minor", "E minor", "F minor", "F# minor", "G minor",
     "G# minor", "A minor", "A# minor", "B minor"},
};

static double mean(const double *v)
{
    double sum = 0;
    for (int i = 0; i < 12; i++)
        sum += v[i];
    return sum / 12;
}

static double correlation(const double *chroma, const double *profile, int tonic)
{
    double a = mean(chroma), b = mean(profile), both = 0, aa = 0, bb = 0;
    for (int i = 0; i < 12; i++) {
        double x = chroma[(i + tonic) % 12] - a, y = profile[i] - b;
        both += x * y;
        aa += x * x;
        bb += y * y;
    }
    return aa > 0 ? both / sqrt(aa * bb) : 0;
}

void sg_key_find(const double chroma[12], struct sg_key *out)
{
    *out = (struct sg_key){.clarity = -2};
    for (int minor = 0; minor < 2; minor++)
        for (int tonic = 0; tonic < 12; tonic++) {
            double c = correlation(chroma, profiles[minor], tonic);
            if (c > out->clarity)
                *out = (struct sg_key){tonic, minor, c};
        }
}

const char *sg_key_name(const struct sg_key *k)
{
    return k->clarity < SG_KEY_CLARITY_MIN ? NULL : names[k->minor][k->tonic];
}
