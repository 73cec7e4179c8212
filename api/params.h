/* params.h - query parameters into a record, by the record's own description.
 *
 * Only the names listed are read from the request (others are ignored, as URLs
 * gather marketing parameters on their way); each must be valid UTF-8, within
 * the field's bounds and given once. Lists are comma separated. Whole numbers
 * are decimal; booleans are true or false, 1 or 0.
 */
#pragma once
#include "api/http/http.h"
#include "core/record.h"

struct sg_param {
    const char *name;  /* in the URL: "type" */
    const char *field; /* of the record: "types"; NULL: read has a rule of its own */
    /* For values that are not one field: writes into the record. */
    int (*read)(void *record, struct sg_str value, struct sg_arena *a, struct sg_error *e);
    const char *help;   /* for OpenAPI */
    const char *schema; /* JSON schema text where read is given; NULL: from the field */
};

/* Initialises out, then reads. params ends with {0}. SG_EINVAL names the parameter. */
int sg_params_read(const struct sg_http_request *q, const struct sg_param *params,
                   const struct sg_record *record, void *out, struct sg_error *e);
const struct sg_field *sg_record_field(const struct sg_record *r, const char *name);
