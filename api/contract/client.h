/* client.h - a JavaScript client made from the routes and records: one method an operation. */
#pragma once
#include "core/buf.h"
#include "core/err.h"

/* Appends an ES module: class Segue, with types for editors as JSDoc. SG_ENOMEM. */
int sg_client_js(struct sg_buf *out, struct sg_error *e);
