/* records.c - see records.h. */
#include "api/contract/records.h"
#include "api/route.h"
#include "schemas/views.h"

static void collect(struct sg_records *c, const struct sg_record *r)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i] == r)
            return;
    if (c->n == SG_RECORDS_MAX)
        return;
    c->v[c->n++] = r;
    for (size_t i = 0; i < r->n_fields; i++)
        if (r->fields[i].record)
            collect(c, r->fields[i].record);
}

void sg_records_of_routes(struct sg_records *out)
{
    const struct sg_route *r;
    collect(out, &sg_problem_record);
    for (struct sg_route_walk walk = {0}; (r = sg_route_next(&walk));) {
        if (r->reply)
            collect(out, r->reply);
        if (r->body)
            collect(out, r->body);
        if (r->form)
            collect(out, r->form);
        if (r->problem)
            collect(out, r->problem);
    }
}
