/* asset_rows.c - see asset.h: rows. */
#include "core/buf.h"
#include "core/digest.h"
#include "worker/asset.h"
#include "worker/database.h"
#include <stdio.h>
#include <stdlib.h>

enum { OF_ASSET = 17, OF_FILE = 8 };

/* Texts of numbers and lists, freed together. */
struct texts {
    struct sg_buf features, print, terms;
    char number[9][32];
    char text[3][SG_AUDIO_TAG_MAX + 1];
};

static void put_lists(struct texts *t, const struct sg_audio_facts *f)
{
    const double *features = f->features.v;
    const int64_t *terms = f->fingerprint_terms.v;
    sg_buf_putc(&t->features, '{');
    for (size_t i = 0; i < f->features.n; i++)
        sg_buf_printf(&t->features, "%s%.9g", i ? "," : "", features[i]);
    sg_buf_put(&t->features, "}", 2);
    sg_buf_putc(&t->terms, '{');
    for (size_t i = 0; i < f->fingerprint_terms.n; i++)
        sg_buf_printf(&t->terms, "%s%lld", i ? "," : "", (long long)terms[i]);
    sg_buf_put(&t->terms, "}", 2);
    sg_buf_puts(&t->print, "\\x");
    char *at = sg_buf_reserve(&t->print, 2 * f->fingerprint.n + 1);
    if (at)
        sg_hex((const unsigned char *)f->fingerprint.p, f->fingerprint.n, at);
}

static const char *real(char out[32], double v)
{
    if (v <= SG_AUDIO_UNTOLD)
        return NULL;
    snprintf(out, 32, "%.9g", v);
    return out;
}

static const char *whole(char out[32], uint64_t v)
{
    snprintf(out, 32, "%llu", (unsigned long long)v);
    return out;
}

static const char *text(char out[SG_AUDIO_TAG_MAX + 1], struct sg_str s)
{
    snprintf(out, SG_AUDIO_TAG_MAX + 1, "%.*s", SG_FMT(s));
    return s.p ? out : NULL;
}

static int insert_asset(PGconn *pg, const struct sg_asset *a, const struct sg_audio_facts *f,
                        struct texts *t, struct sg_error *e)
{
    static const struct sg_pg_statement insert = {
        "asset_insert",
        "INSERT INTO assets (asset_id, content_key, duration_ms, sample_rate, channels, codec, "
        "loudness, loudness_range, true_peak, tempo, musical_key, features, fingerprint, "
        "fingerprint_terms, loudness_stereo, true_peak_stereo, protection) VALUES ($1::uuid, "
        "$2::bytea, "
        "$3::integer, $4::integer, $5::smallint, "
        "$6, $7::real, $8::real, $9::real, $10::real, $11, $12::real[], $13::bytea, "
        "$14::integer[], $15::real, $16::real, $17)",
        OF_ASSET};
    const char *params[OF_ASSET] = {
        a->id,
        a->keyed ? a->wrapped : NULL,
        whole(t->number[0], f->duration_ms),
        whole(t->number[1], f->sample_rate),
        whole(t->number[2], f->channels),
        text(t->text[0], f->codec),
        real(t->number[3], f->loudness),
        real(t->number[4], f->loudness_range),
        real(t->number[5], f->true_peak),
        f->tempo > 0 ? real(t->number[6], f->tempo) : NULL,
        text(t->text[1], f->musical_key),
        t->features.p,
        t->print.p,
        t->terms.p,
        real(t->number[7], f->loudness_stereo),
        real(t->number[8], f->true_peak_stereo),
        a->protection,
    };
    return sg_worker_tx_run(pg, &insert, params, NULL, e);
}

static int insert_file(PGconn *pg, const struct sg_asset *a, const struct sg_audio_file *f,
                       struct texts *t, struct sg_error *e)
{
    static const struct sg_pg_statement insert = {
        "asset_file_insert",
        "INSERT INTO asset_files (asset_id, path, bytes, content_type, sealed, codec, bitrate, "
        "sha256) VALUES ($1::uuid, $2, $3::bigint, $4, $5::boolean, $6, $7::integer, "
        "decode($8, 'hex'))",
        OF_FILE};
    char path[SG_AUDIO_PATH_MAX + 1], sha[2 * SG_SHA256_BYTES + 1];
    snprintf(path, sizeof path, "%.*s", SG_FMT(f->path));
    snprintf(sha, sizeof sha, "%.*s", SG_FMT(f->sha256));
    const char *params[OF_FILE] = {a->id,
                                   path,
                                   whole(t->number[0], f->bytes),
                                   text(t->text[0], f->content_type),
                                   f->sealed && a->seal ? "t" : "f",
                                   text(t->text[1], f->codec),
                                   f->bitrate ? whole(t->number[1], f->bitrate) : NULL,
                                   sha};
    return sg_worker_tx_run(pg, &insert, params, NULL, e);
}

int sg_asset_insert(PGconn *pg, const struct sg_asset *a, const struct sg_audio_facts *facts,
                    struct sg_error *e)
{
    struct texts *t = calloc(1, sizeof *t);
    const struct sg_audio_file *files = facts->files.v;
    if (!t)
        return sg_fail(e, SG_ENOMEM, "an asset");
    put_lists(t, facts);
    int rc = sg_buf_failed(&t->features) || sg_buf_failed(&t->terms) || sg_buf_failed(&t->print)
                 ? sg_fail(e, SG_ENOMEM, "an asset")
                 : insert_asset(pg, a, facts, t, e);
    for (size_t i = 0; !rc && i < facts->files.n; i++)
        rc = sg_asset_keeps(&files[i]) ? insert_file(pg, a, &files[i], t, e) : 0;
    sg_buf_free(&t->features);
    sg_buf_free(&t->terms);
    sg_buf_free(&t->print);
    free(t);
    return rc;
}

int sg_asset_give(PGconn *pg, const struct sg_asset *a, const char *song_id, struct sg_error *e)
{
    static const struct sg_pg_statement give = {
        "asset_give",
        "INSERT INTO song_audio (song_id, asset_id) VALUES ($1::bigint, $2::uuid) "
        "ON CONFLICT (song_id) DO UPDATE SET asset_id = excluded.asset_id, created_at = now()",
        2};
    return sg_worker_tx_run(pg, &give, (const char *const[]){song_id, a->id}, NULL, e);
}
