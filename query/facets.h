/* facets.h - how many of the matches have which genre, decade and artist.
 *
 * Counted while matches are accepted, up to SG_FACET_SLOTS different values; names
 * are looked up for the few that are told. Thread-compatible.
 */
#pragma once
#include "index/searcher.h"
#include "schemas/search.h"

#define SG_FACET_SLOTS  4096
#define SG_FACET_VALUES 10 /* told of each */

enum sg_facet_id { SG_FACET_GENRE, SG_FACET_DECADE, SG_FACET_ARTIST, SG_FACETS };

struct sg_facets {
    unsigned on; /* bit set of 1 << facet */
    size_t n;
    bool full; /* some values were not counted */
    struct sg_facet_slot {
        uint64_t key; /* genre id, decade, hash of the lead artist's folded name */
        uint64_t id;  /* of a record that has it */
        uint32_t count;
        uint8_t facet, kind;
    } slots[SG_FACET_SLOTS];
};

/* names: sg_str; SG_EINVAL with field "facets". */
int sg_facets_start(struct sg_facets *f, const struct sg_list *names, struct sg_error *e);
void sg_facets_add(struct sg_facets *f, enum sg_kind kind, sg_docref doc,
                   const struct sg_facts *facts);
/* exact: every match was counted. Between sg_searcher_begin and _end. */
int sg_facets_tell(const struct sg_facets *f, struct sg_searcher *s, bool exact, struct sg_arena *a,
                   struct sg_list *out, struct sg_error *e);
