/* pins.h - pinned records among the hits of a page (private to query/).
 *
 * A pin at n is the n-th hit of the whole list, or the last when there are fewer; the
 * others follow in their order around it, none twice, none left out.
 */
#pragma once
#include "query/run.h"

struct sg_place {
    const struct sg_pin *pin; /* NULL: */
    size_t at;                /* an entry of the top */
};
struct sg_layout {
    size_t n;          /* places of this page */
    size_t next, pins; /* entries and live pins that are behind it */
    bool more;
    struct sg_place places[SG_LIMIT_MAX];
};
/* Which pins are there and pass the request's filters. */
void sg_pins_check(struct sg_search *s, struct sg_arena *a);
/* The page, after sg_page_cut has said where its entries begin. */
void sg_pins_lay(struct sg_search *s, size_t first, struct sg_layout *out);
/* Live pins of a kind that the search did not find by itself. */
size_t sg_pins_unfound(struct sg_search *s, enum sg_kind kind);
