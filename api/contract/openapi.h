/* openapi.h - the OpenAPI 3.1 document, made from the route table and the
 * record descriptions, so that it cannot say anything else than the server does.
 */
#pragma once
#include "core/buf.h"
#include "core/err.h"
#include <stdio.h>

int sg_openapi_json(struct sg_buf *out, struct sg_error *e);
int sg_openapi_yaml(FILE *to, struct sg_error *e);
