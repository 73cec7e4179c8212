/* cmaf.c - see cmaf.h. */
#include "tests/support/cmaf.h"
#include <stdio.h>
#include <stdlib.h>

struct reader {
    struct sg_str all;
    struct test_cmaf *m;
};

struct box {
    char type[5];
    struct sg_str body; /* behind size and type */
};

static uint32_t be(struct sg_str s, size_t at, int bytes)
{
    uint32_t v = 0;
    for (int i = 0; i < bytes; i++)
        v = v << 8 | (at + (size_t)i < s.n ? (unsigned char)s.p[at + (size_t)i] : 0);
    return v;
}

static void wrong(struct reader *r, const char *why)
{
    if (!r->m->wrong)
        r->m->wrong = why;
}

static bool next_box(struct reader *r, struct sg_str *s, struct box *out)
{
    if (!s->n || r->m->wrong)
        return false;
    uint32_t size = be(*s, 0, 4);
    if (s->n < 8 || size < 8 || size > s->n) {
        wrong(r, "a box reaches over its parent");
        return false;
    }
    memcpy(out->type, s->p + 4, 4);
    out->type[4] = 0;
    out->body = (struct sg_str){s->p + 8, size - 8};
    *s = (struct sg_str){s->p + size, s->n - size};
    return true;
}

static bool is(const struct box *b, const char *type)
{
    return strcmp(b->type, type) == 0;
}

static struct sg_str from(struct sg_str s, size_t n)
{
    return n > s.n ? SG_STR_NONE : (struct sg_str){s.p + n, s.n - n};
}

static void *grow(void *p, size_t n, size_t size)
{
    if (n & (n - 1)) /* room is a power of two */
        return p;
    void *grown = realloc(p, (n ? 2 * n : 1) * size);
    if (!grown)
        abort();
    return grown;
}

static void read_protection(struct reader *r, struct sg_str s)
{
    struct test_cmaf *m = r->m;
    for (struct box b; next_box(r, &s, &b);) {
        if (is(&b, "frma") && b.body.n == 4)
            memcpy(m->format, b.body.p, 4);
        else if (is(&b, "schm") && b.body.n == 12)
            memcpy(m->scheme, b.body.p + 4, 4);
        else if (is(&b, "schi"))
            read_protection(r, b.body);
        else if (is(&b, "tenc") && b.body.n >= 24) {
            m->iv_bytes = be(b.body, 7, 1);
            memcpy(m->kid, b.body.p + 8, 16);
            m->constant_iv_bytes = m->iv_bytes ? 0 : be(b.body, 24, 1);
            if (m->constant_iv_bytes == 16 && b.body.n == 41)
                memcpy(m->iv, b.body.p + 25, 16);
            else if (m->iv_bytes != 8 || b.body.n != 24)
                wrong(r, "tenc");
        } else
            wrong(r, "an unknown box of sinf");
    }
}

static void read_entry(struct reader *r, struct sg_str s)
{
    struct box b;
    s = from(s, 8);
    if (!next_box(r, &s, &b) || s.n || b.body.n < 28) {
        wrong(r, "stsd");
        return;
    }
    memcpy(r->m->entry, b.type, 4);
    memcpy(r->m->format, b.type, 4);
    s = from(b.body, 28);
    while (next_box(r, &s, &b)) {
        if (is(&b, "sinf"))
            read_protection(r, b.body);
        else
            r->m->config = b.body;
    }
}

static void read_moov(struct reader *r, struct sg_str s)
{
    struct test_cmaf *m = r->m;
    for (struct box b; next_box(r, &s, &b);) {
        if (is(&b, "mdhd"))
            m->timescale = be(b.body, 12, 4);
        else if (is(&b, "elst")) {
            m->edit = be(b.body, 8, 4);
            m->lead = be(b.body, 12, 4);
        } else if (is(&b, "mehd"))
            m->extent = be(b.body, 4, 4);
        else if (is(&b, "trex"))
            m->frame = be(b.body, 12, 4);
        else if (is(&b, "stsd"))
            read_entry(r, b.body);
        else if (is(&b, "trak") || is(&b, "mdia") || is(&b, "minf") || is(&b, "stbl") ||
                 is(&b, "edts") || is(&b, "mvex"))
            read_moov(r, b.body);
    }
}

static void read_run(struct reader *r, struct test_segment *seg, struct sg_str s,
                     uint64_t moof_bytes)
{
    struct test_cmaf *m = r->m;
    uint32_t flags = be(s, 1, 3), count = be(s, 4, 4), step = flags & 0x100 ? 8 : 4;
    if ((flags & ~0x100u) != 0x201 || s.n != 12 + (uint64_t)count * step ||
        be(s, 8, 4) != moof_bytes + 8) {
        wrong(r, "trun");
        return;
    }
    uint64_t at = seg->from + moof_bytes + 8;
    seg->first = (uint32_t)m->packets_n;
    seg->packets = count;
    for (uint32_t i = 0; i < count; i++) {
        size_t entry = 12 + (size_t)i * step;
        uint32_t samples = step == 8 ? be(s, entry, 4) : m->frame;
        uint32_t bytes = be(s, entry + step - 4, 4);
        m->packets = grow(m->packets, m->packets_n, sizeof *m->packets);
        m->packets[m->packets_n++] = (struct test_packet){at, bytes, samples, {0}};
        at += bytes;
        seg->samples += samples;
    }
    if (at > r->all.n)
        wrong(r, "packets behind the file's end");
}

static void read_ivs(struct reader *r, const struct test_segment *seg, struct sg_str s)
{
    if (be(s, 4, 4) != seg->packets || s.n != 8 + (uint64_t)seg->packets * 8) {
        wrong(r, "senc");
        return;
    }
    for (uint32_t i = 0; i < seg->packets; i++)
        memcpy(r->m->packets[seg->first + i].iv, s.p + 8 + (size_t)i * 8, 8);
}

static void read_traf(struct reader *r, struct test_segment *seg, struct sg_str s,
                      struct sg_str moof)
{
    uint32_t told = 0;
    for (struct box b; next_box(r, &s, &b);) {
        if (is(&b, "tfdt"))
            seg->decode = (uint64_t)be(b.body, 4, 4) << 32 | be(b.body, 8, 4);
        else if (is(&b, "trun"))
            read_run(r, seg, b.body, moof.n + 8);
        else if (is(&b, "saio"))
            told = be(b.body, 8, 4);
        else if (is(&b, "saiz") && (be(b.body, 4, 1) != 8 || be(b.body, 5, 4) != seg->packets))
            wrong(r, "saiz");
        else if (is(&b, "sbgp") && be(b.body, 12, 4) != seg->packets)
            wrong(r, "sbgp");
        else if (is(&b, "senc")) {
            if ((uint64_t)(b.body.p - moof.p) + 16 != told)
                wrong(r, "saio");
            read_ivs(r, seg, b.body);
        }
    }
}

static void read_segment(struct reader *r, struct sg_str moof, struct box *mdat)
{
    struct test_cmaf *m = r->m;
    struct test_segment seg = {.from = (uint64_t)(moof.p - r->all.p) - 8};
    uint32_t number = 0;
    struct sg_str s = moof;
    for (struct box b; next_box(r, &s, &b);) {
        if (is(&b, "mfhd"))
            number = be(b.body, 4, 4);
        else if (is(&b, "traf"))
            read_traf(r, &seg, b.body, moof);
    }
    uint64_t payload = 0;
    for (uint32_t i = 0; i < seg.packets && !m->wrong; i++)
        payload += m->packets[seg.first + i].bytes;
    seg.bytes = moof.n + 8 + mdat->body.n + 8;
    uint64_t due = m->n ? m->segments[m->n - 1].decode + m->segments[m->n - 1].samples : 0;
    if (number != m->n + 1 || seg.decode != due || !seg.packets)
        wrong(r, "a segment is out of order");
    if (payload != mdat->body.n)
        wrong(r, "mdat has other bytes than packets");
    if (memcmp(m->scheme, "cenc", 4) == 0 &&
        !be((struct sg_str){(char *)m->packets[seg.first].iv, 8}, 0, 4))
        wrong(r, "no IVs");
    m->segments = grow(m->segments, m->n, sizeof seg);
    m->segments[m->n++] = seg;
}

static void check_index(struct reader *r, struct sg_str s)
{
    struct test_cmaf *m = r->m;
    if (be(s, 22, 2) != m->n || s.n != 24 + 12 * (uint64_t)m->n || be(s, 8, 4) != m->timescale ||
        be(s, 12, 4) || be(s, 16, 4))
        wrong(r, "sidx");
    for (size_t i = 0; i < m->n && !m->wrong; i++)
        if (be(s, 24 + 12 * i, 4) != m->segments[i].bytes ||
            be(s, 28 + 12 * i, 4) != m->segments[i].samples - (i ? 0 : m->lead))
            wrong(r, "sidx tells another segment");
}

struct test_cmaf test_cmaf_read(struct sg_str file)
{
    struct test_cmaf m = {0};
    struct reader r = {file, &m};
    struct sg_str s = file, index = SG_STR_NONE, moof = SG_STR_NONE;
    for (struct box b; next_box(&r, &s, &b);) {
        bool first = s.p == file.p + be(file, 0, 4);
        if (first != is(&b, "ftyp"))
            wrong(&r, "ftyp is not the first");
        else if (is(&b, "moov")) {
            read_moov(&r, b.body);
            m.init_bytes = (uint64_t)(s.p - file.p);
        } else if (is(&b, "sidx")) {
            index = b.body;
            m.index_bytes = b.body.n + 8;
        } else if (is(&b, "moof"))
            moof = b.body;
        else if (is(&b, "mdat") && moof.p)
            read_segment(&r, moof, &b), moof = SG_STR_NONE;
        else if (!is(&b, "ftyp"))
            wrong(&r, "a box in no place of its own");
    }
    if (!m.n || !m.timescale || !m.frame || moof.p)
        wrong(&r, "it is not whole");
    if (index.p && !m.wrong)
        check_index(&r, index);
    return m;
}

void test_cmaf_free(struct test_cmaf *m)
{
    free(m->segments);
    free(m->packets);
    *m = (struct test_cmaf){0};
}
