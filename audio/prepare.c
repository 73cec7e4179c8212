/* prepare.c - see prepare.h: which sinks there are, and what becomes of what they found. */
#include "audio/prepare.h"
#include "audio/analysis/downmix.h"
#include "audio/analysis/features.h"
#include "audio/analysis/loudness.h"
#include "audio/analysis/waveform.h"
#include "audio/check/check.h"
#include "audio/fingerprint/print.h"
#include "audio/fingerprint/terms.h"
#include "audio/package/package.h"
#include <math.h>

enum { LISTENERS = 2, SINKS = 5 };

struct pass {
    struct sg_loudness *loudness;
    struct sg_downmix_loudness *downmix;
    struct sg_waveform *waveform;
    struct sg_audio_spectrum *spectrum;
    struct sg_print *print;
    struct sg_mono *mono;
    struct sg_packager *packager;
    struct sg_mono_listener listeners[LISTENERS];
    struct sg_pcm_sink sinks[SINKS];
    size_t n_sinks;
    struct sg_buf cover, text;
    sg_prepare_progress progress;
    void *ctx;
    const char *stage;
};

static void tell(void *ctx, int percent)
{
    struct pass *p = ctx;
    if (p->progress)
        p->progress(p->ctx, percent, p->stage);
}

static int open_all(struct pass *p, struct sg_error *e)
{
    int rc = sg_loudness_new(&p->loudness, e);
    if (!rc)
        rc = sg_downmix_loudness_new(&p->downmix, e);
    if (!rc)
        rc = sg_waveform_new(&p->waveform, e);
    if (!rc)
        rc = sg_audio_spectrum_new(&p->spectrum, e);
    if (!rc)
        rc = sg_print_new(&p->print, e);
    if (rc)
        return rc;
    p->listeners[0] = sg_audio_spectrum_listener(p->spectrum);
    p->listeners[1] = sg_print_listener(p->print);
    rc = sg_mono_new(&p->mono, p->listeners, LISTENERS, e);
    if (rc)
        return rc;
    p->sinks[p->n_sinks++] = sg_loudness_sink(p->loudness);
    p->sinks[p->n_sinks++] = sg_downmix_loudness_sink(p->downmix);
    p->sinks[p->n_sinks++] = sg_waveform_sink(p->waveform);
    p->sinks[p->n_sinks++] = sg_mono_sink(p->mono);
    return 0;
}

static int open_packager(struct pass *p, const struct sg_audio_job *job, struct sg_tree *tree,
                         struct sg_error *e)
{
    struct sg_package_job wanted;
    int rc = sg_package_job_from(job, &wanted, e);
    if (!rc)
        rc = sg_packager_new(&p->packager, tree, &wanted, e);
    if (!rc)
        p->sinks[p->n_sinks++] = sg_packager_sink(p->packager);
    return rc;
}

static void close_all(struct pass *p)
{
    sg_packager_free(p->packager);
    sg_mono_free(p->mono);
    sg_print_free(p->print);
    sg_audio_spectrum_free(p->spectrum);
    sg_waveform_free(p->waveform);
    sg_downmix_loudness_free(p->downmix);
    sg_loudness_free(p->loudness);
    sg_buf_free(&p->cover);
    sg_buf_free(&p->text);
}

static int fill_print(struct pass *p, struct sg_arena *a, struct sg_audio_facts *out,
                      struct sg_error *e)
{
    uint32_t items[SG_PRINT_ITEMS];
    int32_t terms[SG_TERMS];
    size_t n = 0;
    sg_buf_reset(&p->text);
    int rc = sg_print_get(p->print, &p->text, items, &n, e);
    if (rc)
        return rc;
    size_t count = sg_terms(items, n, terms);
    int64_t *kept = sg_arena_array(a, count + 1, sizeof *kept);
    if (p->text.n)
        out->fingerprint = sg_arena_copy(a, sg_buf_str(&p->text));
    if (!kept || sg_buf_failed(&p->text) || (p->text.n && !out->fingerprint.p))
        return sg_fail(e, SG_ENOMEM, "fingerprint");
    for (size_t i = 0; i < count; i++)
        kept[i] = terms[i];
    out->fingerprint_terms = (struct sg_list){kept, count};
    return 0;
}

static int fill_sound(struct pass *p, struct sg_arena *a, struct sg_audio_facts *out,
                      struct sg_error *e)
{
    struct sg_audio_spectrum_facts s;
    struct sg_key key;
    double *features = sg_arena_array(a, SG_AUDIO_FEATURES, sizeof *features);
    if (!features)
        return sg_fail(e, SG_ENOMEM, "features");
    sg_loudness_get(p->loudness, &out->loudness, &out->loudness_range, &out->true_peak);
    sg_downmix_loudness_get(p->downmix, &out->loudness_stereo, &out->true_peak_stereo);
    sg_audio_spectrum_get(p->spectrum, &s);
    sg_key_find(s.chroma, &key);
    out->musical_key = sg_str(sg_key_name(&key));
    out->tempo = round(s.tempo * 100) / 100;
    sg_features_make(
        &(struct sg_features_from){&s, &key, out->loudness, out->loudness_range, out->true_peak},
        features);
    out->features = (struct sg_list){features, SG_AUDIO_FEATURES};
    return fill_print(p, a, out, e);
}

static int write_files(struct pass *p, struct sg_tree *tree, const struct sg_audio_facts *facts,
                       struct sg_error *e)
{
    bool png = sg_str_eq(facts->cover_type, SG_STR("image/png"));
    sg_buf_reset(&p->text);
    sg_waveform_json(p->waveform, &p->text);
    if (sg_buf_failed(&p->text))
        return sg_fail(e, SG_ENOMEM, "waveform");
    int rc = sg_tree_put(tree, "f/waveform.json", "application/json", sg_buf_str(&p->text), e);
    if (!rc && facts->has_cover)
        rc = sg_tree_put(tree, png ? "f/cover.png" : "f/cover.jpg",
                         png ? "image/png" : "image/jpeg", sg_buf_str(&p->cover), e);
    return rc;
}

int sg_prepare(int fd, const struct sg_audio_job *job, struct sg_tree *tree,
               sg_prepare_progress progress, void *ctx, struct sg_arena *a,
               struct sg_audio_facts *out, struct sg_error *e)
{
    struct pass p = {.progress = progress, .ctx = ctx, .stage = tree ? "encode" : "check"};
    int rc = open_all(&p, e);
    if (!rc && tree)
        rc = open_packager(&p, job, tree, e);
    struct sg_check_options o = {
        .decode = {.sinks = p.sinks,
                   .n_sinks = p.n_sinks,
                   .max_seconds = job ? job->max_seconds : SG_AUDIO_SECONDS_MAX,
                   .progress = tell,
                   .ctx = &p},
        .arena = a,
        .cover = tree ? &p.cover : NULL,
    };
    if (!rc)
        rc = sg_check(fd, &o, out, e);
    if (!rc)
        rc = fill_sound(&p, a, out, e);
    if (!rc && tree)
        rc = write_files(&p, tree, out, e);
    if (!rc && tree)
        out->files = (struct sg_list){tree->files, tree->n};
    close_all(&p);
    return rc;
}
