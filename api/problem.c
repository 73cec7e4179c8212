/* problem.c - see problem.h. */
#include "api/problem.h"
#include "core/log.h"

static const struct {
    int code, status;
    const char *slug, *title;
} kinds[] = {
    {SG_EINVAL, 400, "invalid-request", "The request is not valid"},
    {SG_ELIMIT, 400, "over-limit", "The request is over a limit"},
    {SG_ENOENT, 404, "not-found", "There is no such thing"},
    {SG_EBUSY, 503, "unavailable", "Not available right now"},
    {SG_EUNAVAIL, 503, "unavailable", "Not available right now"},
    {SG_ETIMEOUT, 504, "timeout", "The answer took too long"},
    {SG_EINTERNAL, 500, "internal", "Something went wrong here"},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static const char *status_title(int status)
{
    switch (status) {
    case 401:
        return "An API key is needed";
    case 403:
        return "The API key does not allow this";
    case 404:
        return "There is no such thing";
    case 405:
        return "This method is not allowed here";
    default:
        return "The request was refused";
    }
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
    sg_buf_printf(b, "{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d,\"detail\":", slug,
                  title, status);
    sg_buf_json_str(b, sg_str(detail));
    sg_buf_puts(b, ",\"instance\":");
    sg_buf_json_str(b, q->path);
    if (field && *field) {
        sg_buf_puts(b, ",\"field\":");
        sg_buf_json_str(b, sg_str(field));
    }
    sg_buf_putc(b, '}');
}

void sg_problem(const struct sg_http_request *q, struct sg_http_response *r,
                const struct sg_error *e)
{
    size_t i = 0;
    while (i < N_KINDS - 1 && kinds[i].code != e->code)
        i++;
    const char *detail = e->text;
    if (kinds[i].status == 500) {
        sg_log(SG_LOG_ERROR, "request failed", "path=%.*s error=%s", SG_FMT(q->path), e->text);
        detail = "see the server's log";
    }
    if (kinds[i].status == 503)
        sg_http_header(r, "Retry-After", SG_STR("1"));
    write_problem(q, r, kinds[i].status, kinds[i].slug, kinds[i].title, detail, e->field);
}

void sg_problem_status(const struct sg_http_request *q, struct sg_http_response *r, int status,
                       const char *detail)
{
    const char *slug = status == 401   ? "unauthorized"
                       : status == 403 ? "forbidden"
                       : status == 404 ? "not-found"
                       : status == 405 ? "method-not-allowed"
                                       : "refused";
    write_problem(q, r, status, slug, status_title(status), detail, NULL);
}
