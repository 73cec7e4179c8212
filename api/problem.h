/* problem.h - errors as RFC 9457 problem details. */
#pragma once
#include "api/http/http.h"

/* Status and body from a failed call's error: SG_EINVAL 400 (with the field to
 * blame), SG_ENOENT 404, SG_ELIMIT 400, SG_ETIMEOUT 504, SG_EUNAVAIL 503 with
 * Retry-After, anything else 500 (its text is logged, not shown). */
void sg_problem(const struct sg_http_request *q, struct sg_http_response *r,
                const struct sg_error *e);
/* As above with a status of its own. */
void sg_problem_status(const struct sg_http_request *q, struct sg_http_response *r, int status,
                       const char *detail);
