/* extras.h - what songs, albums and artists have beside their row: markets and other names. */
#pragma once
#include "api/db/db.h"
#include "core/record.h"
#include "schemas/catalogue.h"

struct sg_extras {
    struct sg_list markets; /* sg_str, two capitals; empty: everywhere */
    bool but_there;         /* everywhere but in them */
    struct sg_list aliases; /* sg_str */
};

/* The markets take the place of those before. who: for the audit. */
int sg_markets_put(struct sg_db_tx *tx, struct sg_arena *a, enum sg_kind kind, uint64_t id,
                   const struct sg_extras *in, uint64_t who, struct sg_error *e);
/* The same of other names; hints (misspellings) stay. */
int sg_aliases_put(struct sg_db_tx *tx, struct sg_arena *a, enum sg_kind kind, uint64_t id,
                   const struct sg_extras *in, struct sg_error *e);

/* Members of json_build_object; k: 'song' or 'album', id: the expression of its id. */
#define SG_SQL_MARKETS(k, id)                                                                      \
    "'markets', (SELECT to_json(m.markets) FROM availability m WHERE m.kind = '" k                 \
    "' AND m.id = " id "), "                                                                       \
    "'markets_excluded', (SELECT m.excluded FROM availability m WHERE m.kind = '" k                \
    "' AND m.id = " id ")"
#define SG_SQL_ALIASES(k, id)                                                                      \
    "'aliases', (SELECT json_agg(n.alias ORDER BY n.alias) FROM aliases n WHERE n.kind = '" k      \
    "' AND n.id = " id " AND NOT n.hint)"
#define SG_SQL_TIME(t) "to_char(" t ", 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
