/* params.c - parameters of the routes of the search log. */
#include "api/route.h"
#include "api/search_log/search_log.h"

int sg_search_log_param(void *record, struct sg_str v, struct sg_arena *a, struct sg_error *e)
{
    (void)record, (void)v, (void)a, (void)e;
    return 0;
}

const struct sg_param sg_popular_params[] = {
    {"limit", "limit", NULL, "Searches wanted.", NULL},
    {"market", "market", NULL, "Of this country: ISO 3166-1, two capitals.", NULL},
    {"lang", "lang", NULL, "Only those in this language.", NULL},
    {0},
};
const struct sg_param sg_recent_params[] = {
    {"user_id", "user_id", NULL, "Whose.", NULL},
    {"limit", "limit", NULL, "Searches wanted.", NULL},
    {0},
};
const struct sg_param sg_forget_params[] = {
    {"user_id", "user_id", NULL, "Whose.", NULL},
    {"q", "q", NULL, "Only this one; without it, all.", NULL},
    {0},
};
