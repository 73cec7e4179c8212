/* cmaf.c - see cmaf.h. */
#include "audio/package/fragment.h"
#include "audio/package/init.h"
#include "audio/package/output.h"
#include <stdlib.h>
#include <string.h>

#define HEAD_ROOM     (2048 + SG_INDEX_BYTES(SG_SEGMENTS_MAX))
#define PACKET_MAX    (1u << 20) /* FLAC of 8 channels: 16384 * 8 * 4 bytes at worst */
#define BUFFERED_MAX  (64u << 20)
#define FALLBACK_ROOM 2048

struct sg_cmaf {
    struct sg_cmaf_format format;
    struct sg_cenc *cenc;
    const uint8_t *kid;
    struct sg_output out, fallback; /* fallback.fd < 0: none is made */
    uint8_t fallback_key[16];
    struct sg_buf data, sizes, ivs, head, cipher; /* packets that wait for their segment's end */
    size_t cuts;                                  /* segments known to be followed by one */
    int64_t next, end; /* samples: where the next packet begins, where the sound ends so far */
    uint64_t decode;   /* samples in segments written, the lead counted */
    uint64_t payload;  /* bytes of all packets */
    uint32_t last;     /* samples of the newest packet */
    bool short_one;    /* it was a short one: nothing may follow */
};

int sg_cmaf_open(struct sg_cmaf **out, int fd, const struct sg_cmaf_format *f, struct sg_cenc *cenc,
                 const uint8_t *kid, struct sg_error *e)
{
    if (f->frame == 0 || f->segment == 0 || f->segment % f->frame || f->lead % f->frame ||
        f->sample_rate <= 0 || f->channels < 1 || f->channels > 8 || f->segment > 1u << 30 ||
        f->lead > UINT16_MAX)
        return sg_fail(e, SG_EINVAL, "frames of %u samples in segments of %u behind %u", f->frame,
                       f->segment, f->lead);
    struct sg_cmaf *m = calloc(1, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "muxer");
    m->format = *f;
    m->cenc = cenc;
    m->kid = kid;
    m->next = -(int64_t)f->lead;
    sg_output_open(&m->out, fd, HEAD_ROOM);
    sg_output_open(&m->fallback, -1, FALLBACK_ROOM);
    *out = m;
    return 0;
}

int sg_cmaf_fallback(struct sg_cmaf *m, int fd, const uint8_t key[16], struct sg_error *e)
{
    if (m->out.facts.n || m->sizes.n)
        return sg_fail(e, SG_EINVAL, "packets have come already");
    memcpy(m->fallback_key, key, sizeof m->fallback_key);
    m->fallback.fd = fd;
    return 0;
}

void sg_cmaf_close(struct sg_cmaf *m)
{
    if (!m)
        return;
    struct sg_buf *bufs[] = {&m->data, &m->sizes, &m->ivs, &m->head, &m->cipher};
    for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
        sg_buf_free(bufs[i]);
    sg_output_close(&m->out);
    sg_output_close(&m->fallback);
    free(m);
}

static int write_fallback(struct sg_cmaf *m, size_t bytes, uint32_t samples, struct sg_error *e)
{
    sg_buf_reset(&m->cipher);
    size_t clear = m->head.n + bytes;
    sg_buf_put(&m->head, m->data.p, bytes); /* in one piece */
    char *to = sg_buf_reserve(&m->cipher, clear + 16);
    if (sg_buf_failed(&m->head) || !to)
        return sg_fail(e, SG_ENOMEM, "segment");
    size_t n = sg_hls_encrypt(m->fallback_key, m->fallback.facts.n, (uint8_t *)m->head.p, clear,
                              (uint8_t *)to);
    if (!n)
        return sg_fail(e, SG_EINTERNAL, "encryption failed");
    return sg_output_segment(&m->fallback, to, n, NULL, 0, samples, e);
}

static int encrypt(struct sg_cmaf *m, uint32_t packets, struct sg_error *e)
{
    const uint32_t *sizes = (const uint32_t *)(const void *)m->sizes.p;
    uint8_t *p = (uint8_t *)m->data.p;
    sg_buf_reset(&m->ivs);
    uint8_t *ivs = (uint8_t *)sg_buf_reserve(&m->ivs, (size_t)packets * SG_CENC_IV);
    if (!ivs)
        return sg_fail(e, SG_ENOMEM, "segment");
    for (uint32_t i = 0; i < packets; p += sizes[i++]) {
        int rc = sg_cenc_sample(m->cenc, p, sizes[i], ivs + i * SG_CENC_IV, e);
        if (rc)
            return rc;
    }
    return 0;
}

static int put_head(struct sg_cmaf *m, const struct sg_fragment *f, struct sg_error *e)
{
    sg_buf_reset(&m->head);
    sg_fragment_put(&m->head, f);
    return sg_buf_failed(&m->head) ? sg_fail(e, SG_ENOMEM, "segment") : 0;
}

static void drop_front(struct sg_buf *b, size_t n)
{
    memmove(b->p, b->p + n, b->n - n);
    b->n -= n;
}

/* The first so many packets that wait become a segment. */
static int write_segment(struct sg_cmaf *m, uint32_t packets, uint32_t last, struct sg_error *e)
{
    const struct sg_cmaf_format *format = &m->format;
    const uint32_t *sizes = (const uint32_t *)(const void *)m->sizes.p;
    size_t bytes = 0;
    for (uint32_t i = 0; i < packets; i++)
        bytes += sizes[i];
    uint64_t samples = (uint64_t)(packets - 1) * format->frame + last;
    uint32_t sound = (uint32_t)(samples - (m->out.facts.n ? 0 : format->lead));
    struct sg_fragment f = {(uint32_t)m->out.facts.n + 1,
                            m->decode,
                            format->frame,
                            last,
                            sizes,
                            packets,
                            format->codec,
                            NULL};
    int rc = 0;
    if (m->fallback.fd >= 0) {
        rc = put_head(m, &f, e);
        rc = rc ? rc : write_fallback(m, bytes, sound, e);
    }
    if (!rc && m->cenc) {
        rc = encrypt(m, packets, e);
        f.ivs = sg_cenc_scheme(m->cenc) == SG_PROTECT_CENC ? (uint8_t *)m->ivs.p : NULL;
    }
    if (!rc)
        rc = put_head(m, &f, e);
    if (!rc)
        rc = sg_output_segment(&m->out, m->head.p, m->head.n, m->data.p, bytes, sound, e);
    if (rc)
        return rc;
    m->decode += samples;
    drop_front(&m->data, bytes);
    drop_front(&m->sizes, packets * sizeof(uint32_t));
    return 0;
}

/* Segments that are whole and known not to be the last. */
static int write_whole(struct sg_cmaf *m, struct sg_error *e)
{
    const struct sg_cmaf_format *f = &m->format;
    while (m->out.facts.n < m->cuts) {
        uint64_t due = (uint64_t)(m->out.facts.n + 1) * f->segment + f->lead - m->decode;
        uint32_t packets = (uint32_t)(due / f->frame);
        size_t have = m->sizes.n / sizeof(uint32_t);
        if (have < packets || (have == packets && m->short_one))
            return 0;
        int rc = write_segment(m, packets, f->frame, e);
        if (rc)
            return rc;
    }
    return 0;
}

int sg_cmaf_packet(struct sg_cmaf *m, const struct sg_packet *p, struct sg_error *e)
{
    const struct sg_cmaf_format *f = &m->format;
    if (p->at != m->next || p->samples == 0 || p->samples > f->frame || m->short_one)
        return sg_fail(e, SG_EINVAL, "a packet of %u samples at %lld where %lld is due", p->samples,
                       (long long)p->at, (long long)m->next);
    if (p->n == 0 || p->n > PACKET_MAX || m->next + p->samples > INT32_MAX)
        return sg_fail(e, SG_EINVAL, "a packet of %zu bytes at %lld", p->n, (long long)p->at);
    if (m->data.n + p->n > BUFFERED_MAX)
        return sg_fail(e, SG_ELIMIT, "a segment of more than %u bytes", BUFFERED_MAX);
    uint32_t size = (uint32_t)p->n;
    sg_buf_put(&m->data, p->p, p->n);
    sg_buf_put(&m->sizes, &size, sizeof size);
    if (sg_buf_failed(&m->data) || sg_buf_failed(&m->sizes))
        return sg_fail(e, SG_ENOMEM, "segment");
    m->next += p->samples;
    m->last = p->samples;
    m->short_one = p->samples < f->frame;
    m->payload += p->n;
    return write_whole(m, e);
}

int sg_cmaf_cut(struct sg_cmaf *m, size_t count, struct sg_error *e)
{
    m->cuts = count > m->cuts ? count : m->cuts;
    return write_whole(m, e);
}

static int finish_output(struct sg_cmaf *m, struct sg_output *o, const struct sg_init *init,
                         struct sg_error *e)
{
    struct sg_buf head = {0};
    int rc = sg_init_put(&head, init, e);
    o->facts.init_bytes = (uint32_t)head.n;
    if (o == &m->out)
        o->facts.index_bytes = (uint32_t)SG_INDEX_BYTES(o->facts.n);
    if (!rc)
        rc = sg_output_settle(o, o->facts.init_bytes + o->facts.index_bytes, e);
    if (!rc && o->facts.index_bytes)
        sg_index_put(&head, (uint32_t)m->format.sample_rate, o->facts.segments, o->facts.n);
    if (!rc && (sg_buf_failed(&head) || head.n != o->facts.init_bytes + o->facts.index_bytes))
        rc = sg_fail(e, SG_EINTERNAL, "the head's size");
    if (!rc)
        rc = sg_output_write(o->fd, head.p, head.n, 0, e);
    sg_buf_free(&head);
    return rc;
}

int sg_cmaf_finish(struct sg_cmaf *m, const uint8_t *config, size_t config_bytes,
                   struct sg_error *e)
{
    uint32_t packets = (uint32_t)(m->sizes.n / sizeof(uint32_t));
    if (m->next <= 0 || !packets)
        return sg_fail(e, SG_EINVAL, "there is no sound");
    int rc = write_segment(m, packets, m->last, e);
    if (rc)
        return rc;
    uint64_t bits = m->payload * 8 * (uint64_t)m->format.sample_rate / (uint64_t)m->next;
    struct sg_init init = {.format = &m->format,
                           .config = config,
                           .config_bytes = config_bytes,
                           .samples = m->next,
                           .bitrate = bits < UINT32_MAX ? (uint32_t)bits : UINT32_MAX,
                           .cenc = m->cenc,
                           .kid = m->kid};
    rc = finish_output(m, &m->out, &init, e);
    init.cenc = NULL;
    if (!rc && m->fallback.fd >= 0)
        rc = finish_output(m, &m->fallback, &init, e);
    return rc;
}

const struct sg_cmaf_facts *sg_cmaf_facts(const struct sg_cmaf *m)
{
    return &m->out.facts;
}

const struct sg_cmaf_facts *sg_cmaf_fallback_facts(const struct sg_cmaf *m)
{
    return &m->fallback.facts;
}
