/* read.c - a song's lyrics read, as lines or as a file. */
#include "api/catalogue/read.h"
#include "api/catalogue/etag.h"
#include "api/lyrics/handlers.h"
#include "api/lyrics/language.h"
#include "api/lyrics/lines.h"
#include "api/lyrics/store.h"
#include "api/problem.h"
#include "api/route.h"
#include "schemas/search.h"

struct reading {
    struct sg_api *api;
    struct sg_http_request *q;
    uint64_t song_id, version;
    struct sg_lyrics_params params;
    struct sg_list hits; /* the song */
    struct sg_lyrics_list languages;
    struct sg_song_lyrics lyrics;
};

/* Songs that are not out yet, or not for the caller or her market, are not there. */
static int read_song(struct reading *x, struct sg_error *e)
{
    int rc = sg_songs_read(x->api, x->q, &x->song_id, 1, &x->hits, e);
    if (!rc && !x->hits.n)
        rc = sg_fail(e, SG_ENOENT, "there is no song %llu", (unsigned long long)x->song_id);
    return rc;
}

/* What is asked for, else what the header prefers, else what was written first. */
static int choose(struct reading *x, size_t *out, struct sg_error *e)
{
    const struct sg_lyrics_list *l = &x->languages;
    struct sg_str wanted = x->params.language;
    size_t at = l->n;
    int rc = wanted.n ? sg_language_read(wanted, "language", x->q->arena, &wanted, e) : 0;
    if (rc)
        return rc;
    if (!l->n)
        return sg_fail(e, SG_ENOENT, "song %llu has no lyrics", (unsigned long long)x->song_id);
    if (wanted.n)
        at = sg_language_lookup(wanted, l->tags, l->n);
    else
        at = sg_language_accept(sg_http_request_header(x->q, "Accept-Language"), l->tags, l->n);
    *out = at < l->n ? at : 0;
    return 0;
}

/* One that cannot be read after all leaves its place to the next best. */
static int read_best(struct reading *x, struct sg_error *e)
{
    struct sg_lyrics_list *l = &x->languages;
    int rc;
    do {
        size_t at = 0;
        rc = choose(x, &at, e);
        if (rc)
            return rc;
        rc = sg_lyrics_get(x->api, x->q, x->song_id, l->tags[at], &x->lyrics, &x->version, e);
        if (rc == SG_ENOENT) {
            l->n--;
            memmove(&l->tags[at], &l->tags[at + 1], (l->n - at) * sizeof *l->tags);
        }
    } while (rc == SG_ENOENT);
    return rc;
}

static int translate(struct reading *x, struct sg_error *e)
{
    struct sg_str wanted = x->params.translation;
    struct sg_song_lyrics other;
    uint64_t version;
    if (!wanted.n)
        return 0;
    int rc = sg_language_read(wanted, "translation", x->q->arena, &wanted, e);
    if (rc)
        return rc;
    size_t at = sg_language_lookup(wanted, x->languages.tags, x->languages.n);
    if (at == x->languages.n || sg_str_eq(x->languages.tags[at], x->lyrics.language))
        return 0;
    rc = sg_lyrics_get(x->api, x->q, x->song_id, x->languages.tags[at], &other, &version, e);
    if (rc)
        return rc == SG_ENOENT ? 0 : rc;
    sg_lines_translate(&x->lyrics.lyrics, &other.lyrics);
    return 0;
}

static int read_all(struct reading *x, const struct sg_param *params, struct sg_error *e)
{
    struct sg_lyrics_list *all = &x->languages;
    int rc = sg_params_read(x->q, params, &sg_lyrics_params_record, &x->params, e);
    x->song_id = sg_route_id(x->q, 0);
    if (!rc)
        rc = read_song(x, e);
    if (!rc)
        rc = sg_lyrics_languages(x->api, x->q, x->song_id, &x->languages, e);
    if (!rc)
        rc = read_best(x, e);
    if (rc)
        return rc;
    x->lyrics.languages = (struct sg_list){all->tags, all->n};
    return translate(x, e);
}

static void put_headers(struct reading *x, struct sg_http_response *r)
{
    sg_etag_put(x->q, r, x->version);
    sg_http_header(r, "Content-Language", x->lyrics.language);
    sg_http_header(r, "Vary", SG_STR("Accept-Language"));
}

void sg_lyrics_read(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct reading *x = sg_arena_alloc(q->arena, sizeof *x);
    int rc = x ? 0 : sg_fail(&e, SG_ENOMEM, "lyrics");
    if (!rc) {
        *x = (struct reading){.api = api, .q = q};
        rc = read_all(x, sg_lyrics_params, &e);
    }
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    sg_record_to_json(&sg_song_lyrics_record, &x->lyrics, &r->body);
    r->content_type = "application/json";
    put_headers(x, r);
}

static int read_form(struct sg_str format, enum sg_lrc_kind *out, struct sg_error *e)
{
    static const struct {
        struct sg_str name;
        enum sg_lrc_kind as;
    } forms[] = {{SG_STR("lrc"), SG_LRC_TIMED},
                 {SG_STR("enhanced"), SG_LRC_WORDWISE},
                 {SG_STR("plain"), SG_LRC_PLAIN}};
    *out = SG_LRC_TIMED;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (!format.n || sg_str_eq(format, forms[i].name)) {
            *out = forms[i].as;
            return 0;
        }
    return sg_fail_field(e, "format", "format: expected lrc, enhanced or plain");
}

static void name_file(const struct reading *x, struct sg_lrc *l)
{
    const struct sg_hit *h = x->hits.v;
    struct sg_arena *a = x->q->arena;
    l->title = sg_lrc_clean(h->title, a);
    l->artist = h->artist ? sg_lrc_clean(h->artist->name, a) : SG_STR_NONE;
    l->album = h->album ? sg_lrc_clean(h->album->title, a) : SG_STR_NONE;
    l->language = sg_str_eq(x->lyrics.language, SG_STR("und")) ? SG_STR_NONE : x->lyrics.language;
}

void sg_lyrics_read_file(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_lrc l;
    enum sg_lrc_kind form;
    struct reading *x = sg_arena_alloc(q->arena, sizeof *x);
    int rc = x ? 0 : sg_fail(&e, SG_ENOMEM, "lyrics");
    if (!rc) {
        *x = (struct reading){.api = api, .q = q};
        rc = read_all(x, sg_lyrics_file_params, &e);
    }
    if (!rc)
        rc = read_form(x->params.format, &form, &e);
    if (!rc)
        rc = sg_lines_to_lrc(&x->lyrics.lyrics, q->arena, &l, &e);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    name_file(x, &l);
    sg_lrc_write(&l, form, &r->body);
    put_headers(x, r);
}
