/* show.h - replies for people: tables, a line about the answer, explanations. */
#pragma once
#include "query/table.h"
#include "schemas/search.h"

void sg_show_json(struct sg_buf *out, const struct sg_record *r, const void *value);
void sg_show_search(struct sg_buf *out, const struct sg_search_reply *r, const char *answered_by,
                    bool styled);
void sg_show_suggest(struct sg_buf *out, const struct sg_suggest_reply *r, const char *answered_by,
                     bool styled);
