/* rules.h - a smart playlist's rules as one SQL statement.
 *
 * Every word of the SQL comes from the tables in rules.c; what a person wrote is only compared
 * with the tables' names, or travels as a parameter. (CVE-2022-23857: field names of smart
 * playlists put into SQL as they came.) What is "mine" is the owner's, whose id is $1.
 */
#pragma once
#include "core/err.h"
#include "schemas/playlists.h"

#define SG_RULES_MAX   20 /* conditions */
#define SG_RULES_DEPTH 3  /* of all and any within each other */

struct sg_rules_sql {
    struct sg_str sql;                    /* gives song_id, best first; zero-terminated */
    const char *params[SG_RULES_MAX + 2]; /* [0]: the owner */
    int n;
};

/* In the arena. SG_EINVAL naming the field: an unknown field, operator or sort, one that does not
 * fit, a missing or superfluous value; too many, too deep. */
int sg_rules_compile(const struct sg_playlist_rules *rules, uint64_t owner, struct sg_arena *a,
                     struct sg_rules_sql *out, struct sg_error *e);
