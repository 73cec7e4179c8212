/* web.h - the page's files, read once at start and answered from memory; only
 * what was found then can be asked for, so no path leads anywhere else.
 */
#pragma once
#include "api/http/http.h"

struct sg_web;
/* Reads every regular file below dir (at most 200 files, 8 MiB each). */
int sg_web_open(struct sg_web **out, const char *dir, struct sg_error *e);
void sg_web_close(struct sg_web *w);
/* False when the path is no file of the page; "/" is index.html. */
bool sg_web_answer(const struct sg_web *w, struct sg_http_request *q, struct sg_http_response *r);
