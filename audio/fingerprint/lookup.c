/* lookup.c - see lookup.h. */
#include "audio/fingerprint/lookup.h"
#include "audio/fingerprint/match.h"
#include "audio/fingerprint/print.h"
#include "audio/fingerprint/terms.h"
#include "core/pg.h"
#include "schemas/audio.h"
#include <stdio.h>
#include <stdlib.h>

/* $1 terms, $2 the asset that is left out, $3 terms in common. */
static const struct sg_pg_statement find = {
    "alike",
    "SELECT a.asset_id, encode(a.fingerprint, 'hex'), s.song_id, s.artist_id, "
    "coalesce(r.user_id, u.user_id), s.title, r.name "
    "FROM segue_alike($1::integer[], $2::uuid, $3::bigint, 50) near JOIN assets a USING (asset_id) "
    "LEFT JOIN LATERAL (SELECT s.song_id, s.artist_id, s.title FROM song_audio x "
    "JOIN songs s ON s.song_id = x.song_id WHERE x.asset_id = a.asset_id "
    "ORDER BY s.song_id LIMIT 1) s ON true "
    "LEFT JOIN artists r ON r.artist_id = s.artist_id "
    "LEFT JOIN LATERAL (SELECT user_id FROM uploads WHERE asset_id = a.asset_id LIMIT 1) u ON true "
    "ORDER BY near.common DESC, a.asset_id",
    3};

#define ITEM_S 0.1238 /* 1365 samples at 11,025 Hz */

struct sound {
    uint32_t items[SG_PRINT_ITEMS];
    size_t n;
};

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

/* What cannot be read is like nothing. */
static bool read_sound(const char *hex, struct sound *out)
{
    char packed[SG_AUDIO_PRINT_MAX];
    size_t n = strlen(hex) / 2;
    if (n > sizeof packed)
        return false;
    for (size_t i = 0; i < n; i++)
        packed[i] = (char)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
    return !sg_print_unpack((struct sg_str){packed, n}, out->items, &out->n, NULL);
}

static uint64_t number_at(const PGresult *r, int row, int column)
{
    return PQgetisnull(r, row, column) ? 0 : strtoull(PQgetvalue(r, row, column), NULL, 10);
}

static struct sg_str text_at(const PGresult *r, int row, int column, struct sg_arena *a)
{
    return PQgetisnull(r, row, column) ? SG_STR_NONE
                                       : sg_arena_copy(a, sg_str(PQgetvalue(r, row, column)));
}

/* Into its place among those that are there. */
static void insert(struct sg_alike *out, size_t *n, const struct sg_alike *one)
{
    size_t at = *n;
    while (at && out[at - 1].score < one->score)
        at--;
    if (at == SG_ALIKE_MAX)
        return;
    size_t moved = (*n < SG_ALIKE_MAX ? *n : SG_ALIKE_MAX - 1) - at;
    memmove(out + at + 1, out + at, moved * sizeof *out);
    out[at] = *one;
    *n += *n < SG_ALIKE_MAX;
}

static void compare_rows(const PGresult *r, const struct sound *own, struct sg_arena *a,
                         struct sg_alike *out, size_t *n)
{
    struct sound other;
    for (int i = 0; i < PQntuples(r); i++) {
        struct sg_match m;
        if (!read_sound(PQgetvalue(r, i, 1), &other))
            continue;
        sg_match(other.items, other.n, own->items, own->n, &m);
        if (m.score < SG_MATCH_SAME)
            continue;
        insert(out, n,
               &(struct sg_alike){.asset_id = text_at(r, i, 0, a),
                                  .song_id = number_at(r, i, 2),
                                  .artist_id = number_at(r, i, 3),
                                  .user_id = number_at(r, i, 4),
                                  .title = text_at(r, i, 5, a),
                                  .artist = text_at(r, i, 6, a),
                                  .score = m.score,
                                  .offset_s = m.offset * ITEM_S});
    }
}

static void terms_text(struct sg_list terms, struct sg_buf *out)
{
    const int64_t *t = terms.v;
    sg_buf_putc(out, '{');
    for (size_t i = 0; i < terms.n; i++) {
        sg_buf_puts(out, i ? "," : "");
        sg_buf_i64(out, t[i]);
    }
    sg_buf_putc(out, '}');
    sg_buf_putc(out, 0);
}

int sg_alike_find(PGconn *pg, struct sg_str fingerprint, struct sg_list terms, const char *but,
                  struct sg_arena *a, struct sg_alike out[SG_ALIKE_MAX], size_t *n,
                  struct sg_error *e)
{
    struct sound own;
    struct sg_buf text = {0};
    PGresult *r = NULL;
    char enough[16];
    *n = 0;
    if (!fingerprint.n || terms.n < SG_TERMS_ENOUGH)
        return 0;
    int rc = sg_print_unpack(fingerprint, own.items, &own.n, e);
    if (rc)
        return rc;
    snprintf(enough, sizeof enough, "%d", SG_TERMS_ENOUGH);
    terms_text(terms, &text);
    if (sg_buf_failed(&text))
        rc = sg_fail(e, SG_ENOMEM, "looking for the same sound");
    if (!rc)
        rc = sg_pg_run(pg, &find, (const char *const[]){text.p, but, enough}, &r, e);
    if (!rc)
        compare_rows(r, &own, a, out, n);
    PQclear(r);
    sg_buf_free(&text);
    return rc;
}
