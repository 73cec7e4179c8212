/* export.c - all that the database holds of the caller, as one archive of JSON files.
 *
 * One at a time in each process: it may take seconds and tens of MiB. Long tables come in
 * several files, so that little of them is in memory at once.
 */
#include "api/accounts/answers.h"
#include "api/accounts/archive.h"
#include "api/accounts/handlers.h"
#include "api/accounts/holdings.h"

#define PAGE  5000
#define PAGES 400 /* of one table: two million rows */

/* The next rows as a JSON array; *n: how many. */
static int read_page(struct sg_db *db, const struct sg_holding *h, const char *id, size_t page,
                     struct sg_buf *out, size_t *n, struct sg_error *e)
{
    char limit[24], offset[24];
    PGresult *r;
    snprintf(limit, sizeof limit, "%d", PAGE);
    snprintf(offset, sizeof offset, "%zu", page * PAGE);
    int rc = sg_db_read(db, NULL, &h->says, (const char *const[]){id, limit, offset}, &r, e);
    if (rc)
        return rc;
    *n = (size_t)PQntuples(r);
    sg_buf_reset(out);
    for (size_t i = 0; i < *n; i++) {
        sg_buf_puts(out, i ? ",\n" : "[");
        sg_buf_puts(out, PQgetvalue(r, (int)i, 0));
    }
    sg_buf_puts(out, "]\n");
    PQclear(r);
    return sg_buf_failed(out) ? sg_fail(e, SG_ENOMEM, "export") : 0;
}

static int put_table(struct sg_db *db, const struct sg_holding *h, const char *id,
                     struct archive *a, struct sg_buf *page, struct sg_error *e)
{
    char name[100];
    size_t n = PAGE;
    int rc = 0;
    for (size_t i = 0; !rc && n == PAGE; i++) {
        if (i == PAGES)
            return sg_fail(e, SG_ELIMIT, "%s: too many rows for one archive", h->table);
        rc = read_page(db, h, id, i, page, &n, e);
        snprintf(name, sizeof name, i ? "segue/%s-%zu.json" : "segue/%s.json", h->table, i + 1);
        if (!rc && n)
            rc = archive_put(a, name, sg_buf_str(page), e);
    }
    return rc;
}

static int put_all(struct sg_api *api, struct sg_http_request *q, struct sg_buf *out,
                   struct sg_error *e)
{
    struct sg_str id = sg_arena_printf(q->arena, "%llu", (unsigned long long)q->caller.user_id);
    struct sg_buf page = {0};
    struct sg_error ignored = SG_ERROR_INIT;
    struct archive *a;
    int rc = archive_open(&a, out, e);
    if (rc)
        return rc;
    for (const struct sg_holding *h = sg_holdings; !rc && h->table; h++)
        if (h->says.sql)
            rc = put_table(api->db, h, id.p, a, &page, e);
    int end = archive_close(a, rc ? &ignored : e);
    sg_buf_free(&page);
    return rc ? rc : end;
}

void sg_api_me_export(struct sg_api *api, struct sg_http_request *q, struct sg_http_response *r)
{
    static atomic_flag busy = ATOMIC_FLAG_INIT;
    struct sg_error e = SG_ERROR_INIT;
    if (atomic_flag_test_and_set(&busy)) {
        sg_fail(&e, SG_EBUSY, "another export is being made; come again");
        sg_problem(q, r, &e);
        return;
    }
    sg_buf_reset(&r->body);
    int rc = put_all(api, q, &r->body, &e);
    atomic_flag_clear(&busy);
    accounts_no_store(r);
    if (rc) {
        sg_problem(q, r, &e);
        return;
    }
    r->content_type = "application/gzip";
    sg_http_header(r, "Content-Disposition", SG_STR("attachment; filename=\"segue.tar.gz\""));
}
