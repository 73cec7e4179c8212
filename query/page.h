/* page.h - from the best candidates to a page: order, versions of one recording as
 * one, and where the page before has ended.
 *
 * A cursor is the place of its page's last hit in the order, and how many hits came
 * before, so that a catalogue that changes meanwhile neither repeats nor skips hits
 * that have not changed themselves.
 */
#pragma once
#include "query/retrieve.h"

#define SG_GROUP_SLOTS 4096

struct sg_page {
    bool group, has_cursor;
    enum sg_sort sort;
    size_t offset, limit;
    size_t before;            /* hits of the pages before, by the cursor, pins apart */
    size_t pins_before;       /* and those */
    struct sg_top_entry last; /* of the page before */
    uint64_t query;           /* hash: a cursor belongs to its question */
    uint16_t versions[SG_TOP_MAX];
    size_t n_slots;                /* in use: a power of two, at least twice the entries */
    uint64_t keys[SG_GROUP_SLOTS]; /* of groups seen; 0: free */
    uint16_t places[SG_GROUP_SLOTS];
};

/* SG_EINVAL with field sort or cursor. */
int sg_page_parse(struct sg_page *p, const struct sg_search_request *r, struct sg_error *e);
/* How many candidates to keep. */
size_t sg_page_cap(const struct sg_page *p);
/* The cursor's hit when the pages before it no longer fit; NULL otherwise. */
const struct sg_top_entry *sg_page_after(const struct sg_page *p);
/* Sorts, groups, and tells which entries of t, [first, end), are the page. */
void sg_page_cut(struct sg_page *p, struct sg_top *t, struct sg_searcher *s, size_t *first,
                 size_t *end);
/* After the page's last entry, when so many entries and pins were shown in all; a view of out. */
struct sg_str sg_page_cursor(const struct sg_page *p, const struct sg_top_entry *last,
                             size_t entries, size_t pins, char out[SG_CURSOR_MAX]);
