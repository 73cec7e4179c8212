/* files.c - playlists out to files of M3U8, XSPF and JSPF, and in from them. */
#include "api/playlists/find.h"
#include "api/playlists/handlers.h"
#include "api/playlists/imports.h"
#include "api/playlists/parts.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/clock.h"
#include "core/text.h"
#include "core/title.h"
#include <stdio.h>
#include <stdlib.h>

#define IMPORT_US 30000000 /* an import may take this long */
#define CHUNK     SG_PLAYLIST_CHANGES_MAX

static const struct sg_pg_statement of_list = {
    "playlist_export",
    "SELECT i.song_id, s.title, a.name, b.title, coalesce(s.duration_s, 0), s.isrc FROM "
    "playlist_songs i JOIN songs s ON s.song_id = i.song_id JOIN artists a ON a.artist_id = "
    "s.artist_id LEFT JOIN albums b ON b.album_id = s.album_id WHERE i.user_id = $1::bigint AND "
    "i.playlist_id = $2::bigint AND (s.release_date IS NULL OR s.release_date <= CURRENT_DATE) "
    "ORDER BY i.position",
    2};
static const struct sg_pg_statement of_ids = {
    "playlist_export_smart",
    "SELECT s.song_id, s.title, a.name, b.title, coalesce(s.duration_s, 0), s.isrc FROM "
    "unnest($1::bigint[]) WITH ORDINALITY AS w (id, row) JOIN songs s ON s.song_id = w.id JOIN "
    "artists a ON a.artist_id = s.artist_id LEFT JOIN albums b ON b.album_id = s.album_id ORDER "
    "BY w.row",
    1};

static int select_songs(struct sg_api *api, struct sg_http_request *q, const struct playlist *p,
                        PGresult **rows, struct sg_error *e)
{
    struct sg_list ids;
    if (!p->is_smart)
        return sg_db_read(api->db, q, &of_list, (const char *[]){p->owner, p->id}, rows, e);
    int rc = playlist_smart_songs(api, q, p, &ids, e);
    const char *array = rc ? NULL : playlist_array(q->arena, ids.v, ids.n);
    if (!rc && !array)
        rc = sg_fail(e, SG_ENOMEM, "an export");
    return rc ? rc : sg_db_read(api->db, q, &of_ids, &array, rows, e);
}

static int make_sheet(struct sg_http_request *q, const struct playlist *p, PGresult *rows,
                      struct sg_sheet *out, struct sg_error *e)
{
    size_t n = (size_t)PQntuples(rows);
    *out = (struct sg_sheet){.title = p->view.name,
                             .description = p->view.description,
                             .v = sg_arena_array(q->arena, n + 1, sizeof *out->v),
                             .n = n};
    if (!out->v)
        return sg_fail(e, SG_ENOMEM, "an export");
    for (size_t i = 0; i < n; i++) {
        int row = (int)i;
        out->v[i] = (struct sg_sheet_entry){
            .song_id = playlist_number(rows, row, 0),
            .title = playlist_text(q->arena, rows, row, 1),
            .artist = playlist_text(q->arena, rows, row, 2),
            .album = playlist_text(q->arena, rows, row, 3),
            .duration_s = (int64_t)playlist_number(rows, row, 4),
            .isrc = playlist_text(q->arena, rows, row, 5),
        };
    }
    return 0;
}

static void export(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   void (*write)(const struct sg_sheet *, struct sg_buf *), const char *extension)
{
    struct sg_error e = SG_ERROR_INIT;
    struct playlist p;
    struct sg_sheet sheet;
    PGresult *rows = NULL;
    int rc = playlist_of_path(api, q, PLAYLIST_STRANGER, &p, &e);
    if (!rc)
        rc = select_songs(api, q, &p, &rows, &e);
    if (!rc)
        rc = make_sheet(q, &p, rows, &sheet, &e);
    PQclear(rows);
    if (!rc) {
        write(&sheet, &r->body);
        /* A name that is a person's would have to be escaped: the number is enough. */
        sg_http_header(
            r, "Content-Disposition",
            sg_arena_printf(q->arena, "attachment; filename=\"playlist-%s.%s\"", p.id, extension));
    } else {
        sg_problem(q, r, &e);
    }
}

void sg_playlist_export_m3u8(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    export(api, q, r, sg_m3u8_write, "m3u8");
}

void sg_playlist_export_xspf(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    export(api, q, r, sg_xspf_write, "xspf");
}

void sg_playlist_export_jspf(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    export(api, q, r, sg_jspf_write, "jspf");
}

/* What was found, what for certain, and what was not. */
static int report(struct sg_http_request *q, const struct sg_sheet *sheet,
                  const struct playlist_found *found, struct sg_playlist_import *out,
                  uint64_t **songs, struct sg_error *e)
{
    struct sg_playlist_match *m = sg_arena_array(q->arena, sheet->n + 1, sizeof *m);
    struct sg_playlist_unmatched *u = sg_arena_array(q->arena, sheet->n + 1, sizeof *u);
    uint64_t *ids = sg_arena_array(q->arena, sheet->n + 1, sizeof *ids);
    size_t n = 0, n_m = 0, n_u = 0;
    if (!m || !u || !ids)
        return sg_fail(e, SG_ENOMEM, "an import");
    for (size_t i = 0; i < sheet->n; i++) {
        const struct playlist_found *f = &found[i];
        int64_t entry = (int64_t)i + 1;
        if (!f->song_id) {
            u[n_u++] = (struct sg_playlist_unmatched){entry, sheet->v[i].title, sheet->v[i].artist,
                                                      sg_str(f->why_not)};
            continue;
        }
        ids[n++] = f->song_id;
        if (f->confidence < 1)
            m[n_m++] = (struct sg_playlist_match){entry, f->song_id, sg_str(f->how), f->confidence};
    }
    out->entries = (int64_t)sheet->n;
    out->imported = (int64_t)n;
    out->uncertain = (struct sg_list){m, n_m};
    out->unmatched = (struct sg_list){u, n_u};
    *songs = ids;
    return 0;
}

/* By what the file says of itself, as far as a playlist may be called and described so. */
static void describe(struct sg_http_request *q, const struct sg_sheet *sheet,
                     struct sg_playlist_new *new)
{
    struct sg_str title = sheet->title;
    title.n = sg_utf8_prefix(title, SG_PLAYLIST_NAME_MAX);
    if (sg_title(q->arena, "name", title, SG_PLAYLIST_NAME_MAX, &new->name, NULL))
        new->name = SG_STR("Imported playlist");
    if (sg_prose(q->arena, "description", sheet->description, SG_PLAYLIST_TEXT_MAX,
                 &new->description, NULL))
        new->description = SG_STR_NONE;
}

static int make(struct sg_api *api, struct sg_http_request *q, const struct sg_playlist_query *in,
                const struct sg_sheet *sheet, uint64_t *songs, struct sg_playlist_import *out,
                struct sg_error *e)
{
    size_t n = (size_t)out->imported, first = n < CHUNK ? n : CHUNK;
    struct sg_buf told = {0};
    struct sg_playlist_new new = {
        .name = in->name, .is_public = in->is_public, .song_ids = {songs, first}};
    if (!in->name.p)
        describe(q, sheet, &new);
    int rc = playlist_make(api, q, &new, &out->playlist_id, e);
    for (size_t from = first; !rc && from < n; from += CHUNK) {
        struct sg_playlist_operation add = {.op = SG_STR("add"), .index = -1};
        struct sg_playlist_changes changes = {.operations = {&add, 1}};
        add.song_ids = (struct sg_list){songs + from, n - from < CHUNK ? n - from : CHUNK};
        sg_buf_reset(&told);
        rc = playlist_change(api, q, out->playlist_id, &changes, &told, e);
    }
    sg_buf_free(&told);
    if (rc && out->playlist_id) /* half of it is not what the answer says */
        playlist_take_back(api, q, out->playlist_id);
    else
        playlist_forget(api, out->playlist_id); /* that there was none */
    if (!rc && sg_title(q->arena, "name", new.name, SG_PLAYLIST_NAME_MAX, &out->name, e))
        rc = e->code;
    return rc;
}

static void import(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r,
                   int (*read)(struct sg_str, struct sg_arena *, struct sg_sheet *,
                               struct sg_error *))
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_playlist_query in;
    struct sg_playlist_import out = {0};
    struct playlist_found *found;
    struct sg_sheet sheet;
    uint64_t *songs = NULL;
    int rc = sg_params_read(q, sg_playlist_import_params, &sg_playlist_query_record, &in, &e);
    if (!rc)
        rc = read(q->body, q->arena, &sheet, &e);
    if (!rc)
        rc = playlist_import_begin(q->caller.user_id, api->config->api.workers, &e);
    if (!rc) {
        q->deadline_us = sg_now_us() + IMPORT_US;
        rc = playlist_find_entries(api, q, &sheet, &found, &e);
        if (!rc)
            rc = report(q, &sheet, found, &out, &songs, &e);
        if (!rc)
            rc = make(api, q, &in, &sheet, songs, &out, &e);
        playlist_import_end(q->caller.user_id);
    }
    if (rc) {
        if (rc == SG_ERATE)
            sg_http_header(r, "Retry-After", SG_STR("10"));
        sg_problem(q, r, &e);
        return;
    }
    sg_http_header(
        r, "Location",
        sg_arena_printf(q->arena, "/api/v1/playlists/%llu", (unsigned long long)out.playlist_id));
    sg_api_answer(r, &sg_playlist_import_record, &out);
}

void sg_playlist_import_m3u8(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    import(api, q, r, sg_m3u8_read);
}

void sg_playlist_import_xspf(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    import(api, q, r, sg_xspf_read);
}

void sg_playlist_import_jspf(struct sg_api *api, struct sg_http_request *q,
                             struct sg_http_response *r)
{
    import(api, q, r, sg_jspf_read);
}
