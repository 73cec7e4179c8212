/* report.c - see report.h. */
#include "audio/report.h"
#include "audio/analysis/features.h"

static void tags(const struct sg_audio_tags *t, FILE *out)
{
    const struct {
        const char *name;
        struct sg_str text;
    } texts[] = {{"title", t->title},
                 {"artist", t->artist},
                 {"album", t->album},
                 {"album artist", t->album_artist},
                 {"genre", t->genre}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text.p)
            fprintf(out, "%-15s %.*s\n", texts[i].name, SG_FMT(texts[i].text));
    if (t->year)
        fprintf(out, "%-15s %llu\n", "year", (unsigned long long)t->year);
}

static void number(FILE *out, const char *name, double v, const char *unit)
{
    if (v == SG_AUDIO_UNTOLD)
        fprintf(out, "%-15s not to be told\n", name);
    else
        fprintf(out, "%-15s %.1f %s\n", name, v, unit);
}

void sg_report(const struct sg_audio_facts *f, FILE *out)
{
    const double *features = f->features.v;
    fprintf(out, "%-15s %.*s, %.*s\n", "kind", SG_FMT(f->container), SG_FMT(f->codec));
    fprintf(out, "%-15s %llu Hz, %llu channels", "sound", (unsigned long long)f->sample_rate,
            (unsigned long long)f->channels);
    if (f->bits)
        fprintf(out, ", %llu bits", (unsigned long long)f->bits);
    fprintf(out, "\n%-15s %.3f s\n", "duration", (double)f->duration_ms / 1000);
    tags(f->tags, out);
    if (f->has_cover)
        fprintf(out, "%-15s %.*s\n", "cover", SG_FMT(f->cover_type));
    number(out, "loudness", f->loudness, "LUFS");
    number(out, "loudness range", f->loudness_range, "LU");
    number(out, "true peak", f->true_peak, "dBTP");
    if (f->true_peak_stereo > SG_AUDIO_UNTOLD) {
        number(out, "as stereo", f->loudness_stereo, "LUFS");
        number(out, "its true peak", f->true_peak_stereo, "dBTP");
    }
    if (f->tempo > 0)
        number(out, "tempo", f->tempo, "beats a minute");
    if (f->musical_key.p)
        fprintf(out, "%-15s %.*s\n", "key", SG_FMT(f->musical_key));
    fprintf(out, "%-15s %zu terms\n", "fingerprint", f->fingerprint_terms.n);
    for (size_t i = 0; i < f->features.n; i++)
        fprintf(out, "  %-15s %6.2f%s", sg_features_name(i), features[i], i % 3 == 2 ? "\n" : "");
}
