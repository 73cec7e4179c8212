/* find.c - see find.h. */
#include "api/playlists/find.h"
#include "api/playlists/match.h"
#include "api/playlists/parts.h"
#include "core/clock.h"
#include <stdio.h>
#include <stdlib.h>

#define LOOKED_AT  5       /* hits of one search */
#define RESERVE_US 3000000 /* of the deadline, left for writing */

/* Those of the ids that are songs one may hear now. */
static int by_id(struct sg_api *api, struct sg_http_request *q, const struct sg_sheet *sheet,
                 struct playlist_found *out, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "playlist_import_ids",
        "SELECT w.row, s.song_id FROM unnest($1::bigint[]) WITH ORDINALITY AS w (id, row) JOIN "
        "songs "
        "s ON s.song_id = w.id WHERE s.release_date IS NULL OR s.release_date <= CURRENT_DATE",
        1};
    PGresult *rows = NULL;
    uint64_t *ids = sg_arena_array(q->arena, sheet->n + 1, sizeof *ids);
    for (size_t i = 0; ids && i < sheet->n; i++)
        ids[i] = sheet->v[i].song_id;
    const char *array = ids ? playlist_array(q->arena, ids, sheet->n) : NULL;
    int rc = array ? sg_db_read(api->db, q, &find, &array, &rows, e)
                   : sg_fail(e, SG_ENOMEM, "an import");
    for (int i = 0; !rc && i < PQntuples(rows); i++)
        out[playlist_number(rows, i, 0) - 1] =
            (struct playlist_found){playlist_number(rows, i, 1), 1, "id", NULL};
    PQclear(rows);
    return rc;
}

/* An ISRC names a recording; where several songs bear it, the most played. */
static int by_isrc(struct sg_api *api, struct sg_http_request *q, const struct sg_sheet *sheet,
                   struct playlist_found *out, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "playlist_import_isrc",
        "SELECT DISTINCT ON (w.row) w.row, s.song_id FROM unnest($1::text[]) WITH ORDINALITY AS w "
        "(isrc, row) JOIN songs s ON s.isrc = upper(w.isrc) WHERE s.release_date IS NULL OR "
        "s.release_date <= CURRENT_DATE ORDER BY w.row, s.play_count DESC, s.song_id",
        1};
    PGresult *rows = NULL;
    struct sg_buf array = {0};
    bool any = false;
    for (size_t i = 0; i < sheet->n; i++) {
        bool wanted = sheet->v[i].isrc.n && !out[i].song_id; /* letters and digits: sheet.c */
        sg_buf_putc(&array, i ? ',' : '{');
        sg_buf_str_put(&array, wanted ? sheet->v[i].isrc : SG_STR("NULL"));
        any = any || wanted;
    }
    sg_buf_put(&array, "}", 2);
    int rc = sg_buf_failed(&array) ? sg_fail(e, SG_ENOMEM, "an import") : 0;
    if (!rc && any)
        rc = sg_db_read(api->db, q, &find, (const char *[]){array.p}, &rows, e);
    for (int i = 0; !rc && rows && i < PQntuples(rows); i++)
        out[playlist_number(rows, i, 0) - 1] =
            (struct playlist_found){playlist_number(rows, i, 1), 1, "isrc", NULL};
    PQclear(rows);
    sg_buf_free(&array);
    return rc;
}

/* Artist and title as words; quotes and colons would be operators of the query language. */
static struct sg_str question(struct sg_arena *a, const struct sg_sheet_entry *entry)
{
    struct sg_str all =
        sg_arena_printf(a, "%.*s %.*s", SG_FMT(entry->artist), SG_FMT(entry->title));
    char *p = (char *)(uintptr_t)all.p;
    for (size_t i = 0; i < all.n; i++)
        if (strchr("\":-+()[]*~^|&!", p[i]))
            p[i] = ' ';
    while (all.n && *all.p == ' ')
        all.p++, all.n--;
    return all;
}

static void choose(const struct sg_sheet_entry *entry, const struct sg_search_reply *reply,
                   struct playlist_found *out)
{
    const struct sg_hit *v = reply->results.v;
    *out = (struct playlist_found){.why_not = "nothing like it was found"};
    for (size_t i = 0; i < reply->results.n; i++) {
        double sure = sg_match_confidence(entry, &v[i]);
        if (v[i].song_id && sure > out->confidence) {
            out->song_id = v[i].song_id;
            out->confidence = sure;
        }
    }
    out->how = "search";
    if (out->song_id && out->confidence < SG_MATCH_ENOUGH) {
        out->song_id = 0;
        out->why_not = "what was found is not like it enough";
    }
}

static int by_search(struct sg_api *api, struct sg_http_request *q, struct sg_arena *a,
                     const struct sg_sheet_entry *entry, struct playlist_found *out,
                     struct sg_error *e)
{
    struct sg_str type = SG_STR("song"), text = question(a, entry);
    struct sg_search_request in;
    struct sg_search_reply reply;
    *out = (struct playlist_found){.why_not = "it has no title"};
    if (!entry->title.n || !text.n)
        return 0;
    sg_record_init(&sg_search_request_record, &in);
    in.q = (struct sg_str){text.p, text.n < SG_QUERY_MAX ? text.n : SG_QUERY_MAX};
    while (in.q.n && !sg_str_is_utf8(in.q))
        in.q.n--;
    in.types = (struct sg_list){&type, 1};
    in.limit = LOOKED_AT;
    in.prefix = false;
    in.clean = q->clean;
    in.kinds = q->kinds;
    int rc = sg_rpc_call(api->query, SG_METHOD_SEARCH, &sg_search_request_record, &in,
                         &sg_search_reply_record, &reply, a, q->deadline_us, q->traceparent, e);
    if (rc == SG_EINVAL || rc == SG_ELIMIT) { /* words it does not take are found nowhere */
        out->why_not = "nothing like it was found";
        return 0;
    }
    if (!rc)
        choose(entry, &reply, out);
    return rc;
}

static int search_rest(struct sg_api *api, struct sg_http_request *q, const struct sg_sheet *sheet,
                       struct playlist_found *out, struct sg_error *e)
{
    struct sg_arena scratch = {0};
    int rc = 0;
    for (size_t i = 0; !rc && i < sheet->n; i++) {
        if (out[i].song_id)
            continue;
        if (sg_now_us() > q->deadline_us - RESERVE_US)
            out[i].why_not = "there was no time left to look for it";
        else
            rc = by_search(api, q, &scratch, &sheet->v[i], &out[i], e);
        sg_arena_reset(&scratch);
    }
    sg_arena_free(&scratch);
    return rc;
}

int playlist_find_entries(struct sg_api *api, struct sg_http_request *q,
                          const struct sg_sheet *sheet, struct playlist_found **out,
                          struct sg_error *e)
{
    struct playlist_found *v = sg_arena_array(q->arena, sheet->n + 1, sizeof *v);
    int rc = v ? by_id(api, q, sheet, v, e) : sg_fail(e, SG_ENOMEM, "an import");
    if (!rc)
        rc = by_isrc(api, q, sheet, v, e);
    if (!rc)
        rc = search_rest(api, q, sheet, v, e);
    *out = v;
    return rc;
}
