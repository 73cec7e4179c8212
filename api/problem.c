/* problem.c - see problem.h. */
#include "api/problem.h"
#include "core/log.h"
#include <string.h>

/* The first of a code is the one for errors without a kind of their own. */
static const struct {
    int code, status;
    const char *slug, *title;
} kinds[] = {
    {SG_EINVAL, 400, "invalid-request", "The request is not valid"},
    {SG_ELIMIT, 400, "over-limit", "The request is over a limit"},
    {SG_EAUTH, 401, "unauthorized", "Credentials are needed"},
    {SG_EAUTH, 401, "wrong-credentials", "The e-mail address or the password is wrong"},
    {SG_EPERM, 403, "forbidden", "This is not allowed"},
    {SG_EPERM, 403, "subscription-expired", "The subscription has expired"},
    {SG_EPERM, 403, "premium-needed", "This needs a premium subscription"},
    {SG_EPERM, 403, "downloads-revoked", "What this device keeps was revoked"},
    {SG_EPERM, 403, "media-token", "The address is not good"},
    {SG_EPERM, 403, "media-expired", "The address has expired"},
    {SG_EPERM, 403, "media-revoked", "The login has ended"},
    {SG_EPERM, 403, "media-withdrawn", "The recording was withdrawn"},
    {SG_EPERM, 403, "media-subscription", "The subscription has changed"},
    {SG_EPERM, 403, "playback-ended", "This stream was ended"},
    {SG_EPERM, 403, "device-removed", "The device was removed"},
    {SG_ENOENT, 404, "not-found", "There is no such thing"},
    {SG_ENOENT, 404, "device-unknown", "There is no such device"},
    {SG_ENOENT, 404, "no-audio-yet", "The song has no audio yet"},
    {0, 405, "method-not-allowed", "This method is not allowed here"},
    {SG_ECONFLICT, 409, "conflict", "The present state does not allow this"},
    {SG_ECONFLICT, 409, "too-many-streams", "As many streams play as the account may have"},
    {SG_ECONFLICT, 409, "playback-over", "The session has ended"},
    {SG_ECONFLICT, 409, "stale-list", "The list has changed too much since it was read"},
    {SG_ECONFLICT, 409, "smart-playlist", "The songs of a smart playlist are its rules'"},
    {SG_ECONFLICT, 409, "device-limit", "Enough devices keep songs offline"},
    {SG_ECONFLICT, 409, "offline-limit", "A device keeps no more songs than that"},
    {SG_EEXIST, 409, "exists", "It exists already"},
    {SG_EEXIST, 409, "song-in-playlist", "The song is in the playlist already"},
    {0, 409, "idempotency-in-progress", "A request of this key is being answered"},
    {0, 409, "idempotency-outcome-unknown", "What became of this key's request is not known"},
    {SG_ECHANGED, 412, "changed", "It has changed since it was read"},
    {0, 410, "gone", "It is no longer there"},
    {SG_ETOOLARGE, 413, "too-large", "The body is too large"},
    {0, 416, "range-not-satisfiable", "No such part of it"},
    {SG_EMEDIA, 415, "unsupported-media-type", "This format is not read"},
    {0, 422, "idempotency-key-reused", "This key is another request's"},
    {0, 415, "unsupported", "This is no audio that is read"},
    {0, 422, "unknown-genre", "There is no such genre"},
    {0, 422, "wrong-checksum", "Its checksum is another"},
    {0, 422, "too-short", "It is too short"},
    {0, 422, "too-long", "It is too long"},
    {0, 422, "silent", "Nothing is to be heard in it"},
    {0, 422, "truncated", "The file is not whole"},
    {0, 422, "damaged", "The file is damaged"},
    {0, 422, "polyglot", "The file is something else besides"},
    {0, 422, "no-audio", "There is no sound in the file"},
    {0, 422, "streams", "There are several sounds in the file, or pictures that move"},
    {0, 422, "channels", "The file has too many channels"},
    {0, 422, "sample-rate", "The file has a sample rate that is not read"},
    {0, 422, "encrypted", "The file is encrypted"},
    {0, 422, "crashed", "Reading the file failed badly"},
    {0, 422, "too-costly", "Reading the file takes too much"},
    {SG_EPRECONDITION, 428, "version-needed", "Say which version it is about"},
    {SG_ERATE, 429, "rate-limited", "Too many requests"},
    {SG_ERATE, 429, "too-many-uploads", "Too many uploads are not done yet"},
    {0, 460, "checksum-mismatch", "The bytes that came have another checksum"},
    {SG_EINTERNAL, 500, "internal", "Something went wrong here"},
    {SG_EBUSY, 503, "unavailable", "Not available right now"},
    {SG_EUNAVAIL, 503, "unavailable", "Not available right now"},
    {SG_ETIMEOUT, 504, "timeout", "The answer took too long"},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* Its kind's row, else its code's, else "internal". */
static size_t kind_of(const struct sg_error *e)
{
    size_t found = N_KINDS, internal = 0;
    for (size_t i = N_KINDS; i-- > 0;) {
        if (e->kind && strcmp(kinds[i].slug, e->kind) == 0)
            return i;
        if (kinds[i].code == e->code)
            found = i;
        if (kinds[i].code == SG_EINTERNAL)
            internal = i;
    }
    return found < N_KINDS ? found : internal;
}

static size_t kind_of_status(int status)
{
    size_t i = 0;
    while (i < N_KINDS && kinds[i].status != status)
        i++;
    return i;
}

static void write_problem(const struct sg_http_request *q, struct sg_http_response *r, int status,
                          const char *slug, const char *title, const char *detail,
                          const char *field)
{
    struct sg_buf *b = &r->body;
    sg_buf_reset(b);
    r->shared = SG_STR_NONE;
    r->status = status;
    r->content_type = "application/problem+json";
    sg_buf_printf(
        b, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\",\"detail\":",
        slug, title, status, slug);
    sg_buf_json_str(b, sg_str(detail));
    sg_buf_puts(b, ",\"instance\":");
    sg_buf_json_str(b, q->path);
    if (field && *field) {
        sg_buf_puts(b, ",\"field\":");
        sg_buf_json_str(b, sg_str(field));
    }
    sg_buf_putc(b, '}');
}

/* In its own words, with names, values and processes (sg_pg_fail): not for everybody. */
static bool is_the_databases(const struct sg_error *e)
{
    return strstr(e->text, "SQLSTATE ") != NULL;
}

void sg_problem(const struct sg_http_request *q, struct sg_http_response *r,
                const struct sg_error *e)
{
    size_t i = kind_of(e);
    const char *detail = e->text;
    if (kinds[i].status != 500 && is_the_databases(e)) {
        sg_log(SG_LOG_WARN, "the database did not do it", "path=%.*s error=%s", SG_FMT(q->path),
               e->text);
        detail = kinds[i].title;
    }
    if (kinds[i].status == 500) {
        sg_log(SG_LOG_ERROR, "request failed", "path=%.*s error=%s", SG_FMT(q->path), e->text);
        detail = "see the server's log";
    }
    if (kinds[i].status == 503)
        sg_http_header(r, "Retry-After", SG_STR("1"));
    if (kinds[i].status == 401)
        sg_http_header(r, "WWW-Authenticate", SG_STR("Bearer realm=\"segue\""));
    write_problem(q, r, kinds[i].status, kinds[i].slug, kinds[i].title, detail, e->field);
}

void sg_problem_status(const struct sg_http_request *q, struct sg_http_response *r, int status,
                       const char *detail)
{
    size_t i = kind_of_status(status);
    write_problem(q, r, status, i < N_KINDS ? kinds[i].slug : "refused",
                  i < N_KINDS ? kinds[i].title : "The request was refused", detail, NULL);
}
