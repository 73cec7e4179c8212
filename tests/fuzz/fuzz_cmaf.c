/* fuzz_cmaf.c - packets of any sizes and lengths, cuts at any time: what is written is refused at
 * once, or reads back as what came in, with manifests whose numbers are those of the file.
 */
#include "audio/package/cmaf.h"
#include "audio/package/manifest.h"
#include "tests/support/cmaf.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint8_t config[34] = {0x11, 0x90};
static const uint8_t payload[4096];

struct input {
    const uint8_t *p;
    size_t n;
};

static uint32_t take(struct input *in, int bytes)
{
    uint32_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | (in->n ? (in->n--, *in->p++) : 0);
    return v;
}

#define MUST(what)                                                                                 \
    do {                                                                                           \
        if (!(what))                                                                               \
            abort();                                                                               \
    } while (0)

/* Returns how many packets were taken. */
static size_t feed(struct sg_cmaf *m, const struct sg_cmaf_format *f, struct input *in,
                   uint32_t *sizes, size_t most)
{
    int64_t at = -(int64_t)f->lead;
    size_t n = 0;
    while (in->n && n < most) {
        uint32_t kind = take(in, 1);
        if (kind & 1 && sg_cmaf_cut(m, take(in, 1), NULL))
            break;
        struct sg_packet p = {payload, take(in, 2) % (sizeof payload + 1),
                              at + (kind & 128 ? take(in, 1) : 0),
                              kind & 2 ? take(in, 2) : f->frame};
        if (sg_cmaf_packet(m, &p, NULL))
            continue;
        MUST(p.at == at && p.samples && p.samples <= f->frame && p.n);
        at += p.samples;
        sizes[n++] = (uint32_t)p.n;
    }
    return n;
}

static void check(struct sg_str file, const struct sg_cmaf_facts *facts, const uint32_t *sizes,
                  size_t n)
{
    struct test_cmaf m = test_cmaf_read(file);
    MUST(!m.wrong && m.packets_n == n && m.n == facts->n);
    MUST(m.init_bytes == facts->init_bytes && m.index_bytes == facts->index_bytes);
    for (size_t i = 0; i < n; i++)
        MUST(m.packets[i].bytes == sizes[i]);
    for (size_t i = 0; i < m.n; i++)
        MUST(m.segments[i].from == facts->segments[i].from &&
             m.segments[i].bytes == facts->segments[i].bytes);
    const struct test_segment *last = &m.segments[m.n - 1];
    MUST((int64_t)(last->decode + last->samples - m.lead) == facts->samples);
    test_cmaf_free(&m);
}

static void check_manifests(const struct sg_cmaf_facts *facts, const struct sg_cmaf_format *f)
{
    struct sg_track t = {&sg_renditions[f->codec == SG_CODEC_FLAC ? 6 : 0],
                         "f/a.mp4",
                         "f/a.m3u8",
                         f->sample_rate,
                         f->channels,
                         facts,
                         SG_PROTECT_NONE,
                         NULL};
    struct sg_buf b = {0};
    sg_hls_media(&b, &t, NULL);
    sg_hls_master(&b, &t, 1, "f/");
    sg_dash(&b, &t, 1, "f/", facts->samples, f->sample_rate);
    MUST(!sg_buf_failed(&b) && sg_track_peak(&t) >= sg_track_average(&t));
    sg_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct input in = {data, n};
    struct sg_cmaf_format f = {.codec = take(&in, 1) & 1 ? SG_CODEC_FLAC : SG_CODEC_AAC,
                               .sample_rate = (int)take(&in, 3),
                               .channels = (int)(take(&in, 1) % 10),
                               .bits = 16,
                               .frame = take(&in, 2)};
    f.lead = take(&in, 1) % 4 * f.frame;
    f.segment = take(&in, 1) % 16 * f.frame;
    static const uint8_t key[16] = "0123456789abcdef";
    uint32_t protect = take(&in, 1) % 3;
    struct sg_cenc *cenc = NULL;
    if (protect)
        MUST(sg_cenc_open(&cenc, protect, key, 1, NULL) == 0);
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    static uint32_t sizes[1 << 14];
    struct sg_cmaf *m = NULL;
    if (sg_cmaf_open(&m, fd, &f, cenc, key, NULL) == 0) {
        size_t packets = feed(m, &f, &in, sizes, sizeof sizes / sizeof *sizes);
        if (sg_cmaf_finish(m, config, f.codec == SG_CODEC_FLAC ? 34 : 2, NULL) == 0) {
            const struct sg_cmaf_facts *facts = sg_cmaf_facts(m);
            char *p = mmap(NULL, facts->bytes, PROT_READ, MAP_SHARED, fd, 0);
            MUST(p != MAP_FAILED && lseek(fd, 0, SEEK_END) == (off_t)facts->bytes);
            check((struct sg_str){p, facts->bytes}, facts, sizes, packets);
            check_manifests(facts, &f);
            munmap(p, facts->bytes);
        }
    }
    sg_cmaf_close(m);
    sg_cenc_close(cenc);
    close(fd);
    return 0;
}
