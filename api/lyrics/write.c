/* write.c - a song's lyrics written and removed, by its artist or an admin. */
#include "api/catalogue/etag.h"
#include "api/catalogue/read.h"
#include "api/lyrics/handlers.h"
#include "api/lyrics/language.h"
#include "api/lyrics/lines.h"
#include "api/lyrics/store.h"
#include "api/problem.h"
#include "api/route.h"
#include "core/text.h"

struct writing {
    struct sg_api *api;
    struct sg_http_request *q;
    struct sg_lyrics_params params;
    struct sg_song_lyrics lyrics; /* as it will be; languages are left out */
    struct sg_lrc lrc;
};

/* 404 where the song may not even be seen, else 403. */
static int check_rights(struct writing *x, struct sg_error *e)
{
    struct sg_list hits = {NULL, 0};
    uint64_t owner;
    int rc = sg_lyrics_owner(x->api, x->q, x->lyrics.song_id, &owner, e);
    if (rc || sg_caller_is_admin(x->q) || (owner && owner == x->q->caller.user_id))
        return rc;
    rc = sg_songs_read(x->api, x->q, &x->lyrics.song_id, 1, &hits, e);
    if (rc)
        return rc;
    return hits.n ? sg_fail(e, SG_EPERM, "the song is another artist's")
                  : sg_fail(e, SG_ENOENT, "there is no song %llu",
                            (unsigned long long)x->lyrics.song_id);
}

static int begin(struct writing *x, struct sg_api *api, struct sg_http_request *q,
                 const struct sg_param *params, struct sg_error *e)
{
    *x = (struct writing){.api = api, .q = q};
    int rc = sg_params_read(q, params, &sg_lyrics_params_record, &x->params, e);
    sg_record_init(&sg_song_lyrics_record, &x->lyrics);
    x->lyrics.song_id = sg_route_id(q, 0);
    x->lyrics.language = SG_STR("und");
    if (!rc && x->params.language.n)
        rc = sg_language_read(x->params.language, "language", q->arena, &x->lyrics.language, e);
    return rc ? rc : check_rights(x, e);
}

/* A file may tell its own language. */
static int take_text(struct writing *x, struct sg_str text, struct sg_error *e)
{
    struct sg_str told;
    int rc = sg_lrc_read(&x->lrc, text, x->q->arena, e);
    if (rc == SG_ELIMIT)
        e->code = rc = SG_ETOOLARGE;
    if (!rc && !x->params.language.n && x->lrc.language.n &&
        !sg_language_read(x->lrc.language, "language", x->q->arena, &told, NULL))
        x->lyrics.language = told;
    return rc;
}

static int take_json(struct writing *x, struct sg_error *e)
{
    struct sg_lyrics_edit edit;
    sg_record_init(&sg_lyrics_edit_record, &edit);
    int rc = sg_record_from_json(&sg_lyrics_edit_record, x->q->body, x->q->arena, &edit, e);
    if (rc)
        return rc;
    if (edit.text.n && edit.lyrics.n)
        return sg_fail_field(e, "text", "text: expected it or lyrics, not both");
    if (memchr(edit.source.n ? edit.source.p : "x", 0, edit.source.n ? edit.source.n : 1))
        return sg_fail_field(e, "source", "source: holds a zero byte");
    x->lyrics.source = edit.source;
    x->lyrics.is_instrumental = edit.is_instrumental;
    return edit.text.n ? take_text(x, edit.text, e)
                       : sg_lines_to_lrc(&edit.lyrics, x->q->arena, &x->lrc, e);
}

static int save(struct writing *x, struct sg_error *e)
{
    if (x->lrc.n && x->lyrics.is_instrumental)
        return sg_fail_field(e, "instrumental", "instrumental: there are lines");
    if (!x->lrc.n && !x->lyrics.is_instrumental)
        return sg_fail_field(e, "lyrics", "lyrics: there is no line");
    x->lyrics.kind = sg_lines_kind(&x->lrc);
    if (x->lyrics.source.n && sg_utf8_count(x->lyrics.source) > 200)
        return sg_fail_field(e, "source", "source: more than 200 characters");
    int rc = sg_lines_of_lrc(&x->lrc, x->q->arena, &x->lyrics.lyrics, e);
    if (rc)
        return rc;
    struct sg_str json = sg_lines_json(&x->lyrics.lyrics, x->q->arena);
    return json.p ? sg_lyrics_put(x->api, x->q, &x->lyrics, json, e)
                  : sg_fail(e, SG_ENOMEM, "lyrics");
}

/* As they are kept now, with the ETag of the next edit. */
static void answer(struct writing *x, struct sg_http_response *r, int rc, struct sg_error *e)
{
    struct sg_song_lyrics kept;
    struct sg_lyrics_list languages;
    uint64_t version = 0;
    if (!rc)
        rc = sg_lyrics_languages(x->api, x->q, x->lyrics.song_id, &languages, e);
    if (!rc)
        rc = sg_lyrics_get(x->api, x->q, x->lyrics.song_id, x->lyrics.language, &kept, &version, e);
    if (rc) {
        sg_problem(x->q, r, e);
        return;
    }
    kept.languages = (struct sg_list){languages.tags, languages.n};
    sg_record_to_json(&sg_song_lyrics_record, &kept, &r->body);
    r->content_type = "application/json";
    sg_etag_put(x->q, r, version);
}

void sg_lyrics_write(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct writing x;
    int rc = begin(&x, api, q, sg_lyrics_edit_params, &e);
    if (!rc)
        rc = take_json(&x, &e);
    if (!rc)
        rc = save(&x, &e);
    answer(&x, r, rc, &e);
}

void sg_lyrics_write_file(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct writing x;
    int rc = begin(&x, api, q, sg_lyrics_upload_params, &e);
    x.lyrics.source = x.params.source;
    if (!rc)
        rc = take_text(&x, q->body, &e);
    if (!rc)
        rc = save(&x, &e);
    answer(&x, r, rc, &e);
}

void sg_lyrics_remove(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct writing x;
    int rc = begin(&x, api, q, sg_lyrics_edit_params, &e);
    if (!rc)
        rc = sg_lyrics_delete(api, q, x.lyrics.song_id, x.lyrics.language, &e);
    if (rc)
        sg_problem(q, r, &e);
}
