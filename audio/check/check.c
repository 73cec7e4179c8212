/* check.c - see check.h. */
#include "audio/check/check.h"
#include "audio/check/foreign.h"
#include "audio/check/tags.h"
#include "audio/refuse.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SILENCE      3.1623e-4f /* -70 dBFS, the absolute gate of EBU R128 (ITU-R BS.1770) */
#define FAILED_FIRST 2          /* packets: a cut file's first ones lack what was before */
#define FAILED_SHARE 100        /* of the others a hundredth */
#define MISSING_S    0.25       /* and a hundredth of what was promised */
#define NAN_SHARE    1000

/* Whether every byte belongs to the sound, as the container's structure has it. */
static int check_structure(const struct sg_decoder *d, int fd, struct sg_extent *x,
                           struct sg_error *e)
{
    struct sg_peek *p = malloc(sizeof *p);
    if (!p)
        return sg_fail(e, SG_ENOMEM, "the file");
    int64_t size = avio_size(sg_decoder_container(d)->pb);
    sg_peek_init(p, fd, size > 0 ? (uint64_t)size : 0);
    sg_extent_find(p, sg_decoder_container(d)->iformat->name, x);
    int rc = sg_foreign_check(p, x, e);
    free(p);
    return rc;
}

/* The container that a file begins as. */
static const char *begins_as(struct sg_peek *p)
{
    static const struct {
        size_t at;
        char mark[5];
        const char *container;
    } marks[] = {{4, "ftyp", "mov"},  {0, "OggS", "ogg"}, {0, "RIFF", "wav"},
                 {0, "FORM", "aiff"}, {0, "caff", "caf"}, {0, "\x1a\x45\xdf\xa3", "matroska"}};
    const uint8_t *head = sg_peek(p, 0, 8);
    for (size_t i = 0; head && i < sizeof marks / sizeof *marks; i++)
        if (!memcmp(head + marks[i].at, marks[i].mark, 4))
            return marks[i].container;
    return NULL;
}

/* What misses its end may miss what it takes to be opened: an MP4's index, Ogg's headers. */
static int check_unopened(int fd, int rc, struct sg_error *e)
{
    struct sg_extent x = {0};
    struct stat st;
    struct sg_peek *p = rc == SG_EMEDIA && !fstat(fd, &st) ? malloc(sizeof *p) : NULL;
    if (!p)
        return rc;
    sg_peek_init(p, fd, (uint64_t)st.st_size);
    const char *container = begins_as(p);
    if (container)
        sg_extent_find(p, container, &x);
    free(p);
    return x.cut ? sg_refuse(e, SG_AUDIO_TRUNCATED, "its end is missing") : rc;
}

static int check_whole(const struct sg_decoder_facts *facts, const struct sg_decoded *d,
                       struct sg_error *e)
{
    double s = (double)d->frames / d->format.sample_rate;
    if (d->failed > FAILED_FIRST + d->packets / FAILED_SHARE)
        return sg_refuse(e, SG_AUDIO_DAMAGED, "%llu of its %llu parts can't be decoded",
                         (unsigned long long)d->failed, (unsigned long long)d->packets);
    if (facts->declared_s - s > MISSING_S + facts->declared_s / 100)
        return sg_refuse(e, SG_AUDIO_TRUNCATED, "it promises %.1f s and has %.1f s",
                         facts->declared_s, s);
    if (d->ended_early)
        return sg_refuse(e, SG_AUDIO_DAMAGED, "it can't be read to its end");
    if (d->not_finite > d->frames * (uint64_t)d->format.channels / NAN_SHARE)
        return sg_refuse(e, SG_AUDIO_DAMAGED, "its samples are no numbers");
    if (s < SG_AUDIO_SECONDS_MIN)
        return sg_refuse(e, SG_AUDIO_TOO_SHORT, "it is shorter than a second");
    if (d->peak < SILENCE)
        return sg_refuse(e, SG_AUDIO_SILENT, "nothing is to be heard in it");
    return 0;
}

static struct sg_str first_name(struct sg_arena *a, const char *names)
{
    return sg_arena_copy(a, (struct sg_str){names, strcspn(names, ",")});
}

static int fill(const struct sg_check_options *o, const struct sg_decoder *d,
                const struct sg_decoded *found, struct sg_audio_facts *out, struct sg_error *e)
{
    struct sg_decoder_facts facts;
    sg_decoder_facts(d, &facts);
    out->container = first_name(o->arena, facts.container);
    out->codec = first_name(o->arena, facts.codec);
    out->sample_rate = (uint64_t)found->format.sample_rate;
    out->channels = (uint64_t)found->format.channels;
    out->bits = (uint64_t)found->format.bits;
    out->samples = found->frames;
    out->duration_ms = found->frames * 1000 / (uint64_t)found->format.sample_rate;
    if (!out->container.p || !out->codec.p)
        return sg_fail(e, SG_ENOMEM, "the facts");
    return 0;
}

static int end_all(const struct sg_decode_options *o, struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < o->n_sinks; i++)
        rc = o->sinks[i].end(o->sinks[i].ctx, e);
    return rc;
}

int sg_check(int fd, const struct sg_check_options *o, struct sg_audio_facts *out,
             struct sg_error *e)
{
    struct sg_decoder *d = NULL;
    struct sg_decoder_facts facts;
    struct sg_decoded found;
    struct sg_extent x;
    sg_record_init(&sg_audio_facts_record, out);
    int rc = sg_decoder_open(&d, fd, e);
    if (rc)
        return e && e->kind && strcmp(e->kind, "unsupported") ? rc : check_unopened(fd, rc, e);
    sg_decoder_facts(d, &facts);
    rc = check_structure(d, fd, &x, e);
    if (!rc)
        rc = sg_tags_read(d, o->arena, &out->tags, e);
    if (!rc)
        rc = sg_cover_read(d, o->cover, &out->cover_type, e);
    if (!rc)
        rc = sg_decoder_run(d, &o->decode, &found, e);
    if (!rc)
        rc = check_whole(&facts, &found, e);
    if (!rc && x.loose)
        rc = sg_refuse(e, SG_AUDIO_POLYGLOT, "something else lies behind the sound");
    if (!rc)
        rc = fill(o, d, &found, out, e);
    if (!rc)
        rc = end_all(&o->decode, e);
    out->has_cover = out->cover_type.p != NULL;
    sg_decoder_close(d);
    return rc;
}
