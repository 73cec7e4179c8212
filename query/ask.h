/* ask.h - a question from the command line, answered by the server, or from the
 * index itself when no server answers.
 */
#pragma once
#include "core/config.h"
#include "schemas/search.h"

struct sg_ask;
/* local: read the index even when a server runs. */
int sg_ask_open(struct sg_ask **out, const struct sg_config *c, bool local, struct sg_error *e);
void sg_ask_close(struct sg_ask *a); /* the replies end with it */
int sg_ask_search(struct sg_ask *a, const struct sg_search_request *r, struct sg_search_reply *out,
                  struct sg_error *e);
int sg_ask_suggest(struct sg_ask *a, const struct sg_suggest_request *r,
                   struct sg_suggest_reply *out, struct sg_error *e);
/* The replies so far end; for who asks many questions. */
void sg_ask_forget(struct sg_ask *a);
/* "server" or "index". */
const char *sg_ask_answered_by(const struct sg_ask *a);
