/* web.h - the page's files, read once at start and answered from memory; only
 * what was found then can be asked for, so no path leads anywhere else.
 *
 *   dir          index.html, style.css, js/, sw.js ...   asked for again each time (ETag)
 *   vendor_dir   /vendor/NAME.DIGEST.js, files.json      libraries of others; scripts are immutable
 */
#pragma once
#include "api/http/http.h"

struct sg_web; /* thread-safe after open */
struct sg_web_sources {
    const char *dir;
    const char *vendor_dir; /* NULL or not there: the page does without */
    const char *media_url;  /* where audio is served, when not here; its origin may be asked then */
    struct sg_str client;   /* /client.js, of which the page's version depends too */
};
/* Reads every regular file (at most 200, 8 MiB each). */
int sg_web_open(struct sg_web **out, const struct sg_web_sources *from, struct sg_error *e);
void sg_web_close(struct sg_web *w);
/* False when the path is no file of the page; "/" is index.html. */
bool sg_web_answer(struct sg_web *w, struct sg_http_request *q, struct sg_http_response *r);
