/* mosaic.c - see mosaic.h. */
#include "api/catalogue/mosaic.h"
#include "api/catalogue/picture_rows.h"
#include "core/clock.h"
#include "core/covers/covers.h"
#include "core/digest.h"
#include "core/log.h"
#include <stdio.h>
#include <string.h>

#define LAYOUT "segue mosaic 1" /* another one, other names */
enum { MAKE_US = 10000000, SIDE_MAX = 1200 };

static void name_of(const char *const *names, size_t n, char name[65])
{
    char text[400];
    unsigned char hash[SG_SHA256_BYTES];
    int at = snprintf(text, sizeof text, LAYOUT);
    for (size_t i = 0; i < n; i++)
        at += snprintf(text + at, sizeof text - (size_t)at, "\n%.64s", names[i]);
    sg_sha256((struct sg_str){text, (size_t)at}, hash);
    sg_hex(hash, sizeof hash, name);
}

/* Whether the first cover is a square, and whether the mosaic is safe from the sweep for as long
 * as somebody may need who is sent there. */
static int ask(struct sg_api *api, struct sg_http_request *q, const char *first, const char *name,
               bool *square, bool *safe, struct sg_error *e)
{
    static const struct sg_pg_statement find = {
        "mosaic_find",
        "SELECT hash = $1, width = height, touched_at > now() - interval '12 hours' FROM pictures "
        "WHERE hash IN ($1, $2)",
        2};
    PGresult *r = NULL;
    int rc = sg_db_read(api->db, q, &find, (const char *const[]){first, name}, &r, e);
    for (int i = 0; !rc && i < PQntuples(r); i++) {
        if (*PQgetvalue(r, i, 0) == 't')
            *square = *PQgetvalue(r, i, 1) == 't';
        else
            *safe = *PQgetvalue(r, i, 2) == 't';
    }
    PQclear(r);
    return rc;
}

/* Known first, as every picture: from then on no sweep takes it, one that was at it is done. */
static int make(struct sg_api *api, struct sg_http_request *q, const char *const *names, size_t n,
                const char *name, struct sg_error *e)
{
    struct sg_error why = SG_ERROR_INIT;
    struct sg_cover known = {.width = SIDE_MAX, .height = SIDE_MAX}; /* at most */
    memcpy(known.name, name, sizeof known.name);
    int rc = sg_picture_know(api->db, q, &known, e);
    if (rc || sg_covers_has(api->covers, name))
        return rc;
    q->deadline_us = sg_now_us() + MAKE_US;
    rc = sg_covers_join(api->covers, names, n, name, q->deadline_us, e);
    if (rc == SG_EMEDIA) { /* not who asks is at fault */
        sg_log(SG_LOG_WARN, "a kept picture cannot be read", "error=%s", e->text);
        return sg_fail(e, SG_EUNAVAIL, "the picture cannot be made");
    }
    if (!rc && sg_pictures_sweep(api->db, api->covers, &why))
        sg_log(SG_LOG_WARN, "old pictures are still there", "error=%s", why.text);
    return rc;
}

int sg_mosaic_find(struct sg_api *api, struct sg_http_request *q, const char *const *names,
                   size_t n, char name[65], struct sg_error *e)
{
    bool square = false, safe = false;
    name_of(names, n, name);
    int rc = ask(api, q, names[0], name, &square, &safe, e);
    if (rc)
        return rc;
    if (n == 1 && square) {
        memcpy(name, names[0], 65);
        return 0;
    }
    return safe && sg_covers_has(api->covers, name) ? 0 : make(api, q, names, n, name, e);
}
