/* read_value.c - see read_value.h. */
#include "api/catalogue/read_value.h"

void song_value_write(struct sg_buf *out, const struct song_row *row, uint64_t lease)
{
    struct song_facts f = {
        .song_id = row->view.song_id,
        .version = row->version,
        .manager = row->manager,
        .release_day = row->release_day,
        .n_markets = (uint16_t)row->view.markets.n,
        .is_explicit = row->view.is_explicit == 1,
        .is_excluded = row->view.is_excluded,
        .lease = lease,
        .n_names = (uint16_t)row->n_names,
    };
    size_t from = out->n;
    sg_record_to_json(&sg_song_view_record, &row->view, out);
    f.json_n = (uint32_t)(out->n - from);
    sg_record_freeze(&sg_song_view_record, &row->view, out);
    f.frozen_n = (uint32_t)(out->n - from - f.json_n);
    const struct sg_str *markets = row->view.markets.v;
    for (size_t i = 0; i < f.n_markets; i++)
        sg_buf_put(out, markets[i].p, 2);
    if (row->n_names)
        sg_buf_put(out, row->names, row->n_names * sizeof *row->names);
    sg_buf_put(out, &f, sizeof f);
}

bool song_value_read(struct sg_str value, struct song_value *v)
{
    struct song_facts *f = &v->facts;
    if (value.n < sizeof *f)
        return false;
    memcpy(f, value.p + value.n - sizeof *f, sizeof *f);
    size_t markets_n = 2 * (size_t)f->n_markets, names_n = sizeof(uint64_t) * (size_t)f->n_names;
    if (value.n != sizeof *f + f->json_n + f->frozen_n + markets_n + names_n)
        return false;
    v->json = (struct sg_str){value.p, f->json_n};
    v->frozen = (struct sg_str){value.p + f->json_n, f->frozen_n};
    v->markets = v->frozen.p + f->frozen_n;
    v->names = v->markets + markets_n;
    return true;
}

void song_value_renew(char *bytes, size_t n, uint64_t lease)
{
    size_t at = n - sizeof(struct song_facts) + offsetof(struct song_facts, lease);
    memcpy(bytes + at, &lease, sizeof lease);
}

uint64_t song_value_name(const struct song_value *v, size_t i)
{
    uint64_t hash;
    memcpy(&hash, v->names + i * sizeof hash, sizeof hash);
    return hash;
}

bool song_value_in_market(const struct song_value *v, struct sg_str market)
{
    if (!v->facts.n_markets || market.n != 2)
        return true;
    bool listed = false;
    for (size_t i = 0; i < v->facts.n_markets && !listed; i++)
        listed = memcmp(v->markets + 2 * i, market.p, 2) == 0;
    return listed != v->facts.is_excluded;
}
