/* levers.h - operators' levers over search, as rows of their tables and frozen in a
 * generation's delta: new fields go to the end.
 */
#pragma once
#include "schemas/catalogue.h"

#define SG_MARKETS_MAX 250 /* of one record or key */

struct sg_rule {
    uint64_t rule_id;
    struct sg_str match;  /* exact, words, starts */
    struct sg_str query;  /* as typed; compared folded */
    struct sg_str action; /* pin, hide, boost, replace */
    struct sg_str kind;
    uint64_t id;
    int64_t position; /* pin: from 1 */
    double factor;    /* boost */
    struct sg_str replacement;
    struct sg_str market;                  /* absent: everywhere */
    struct sg_str valid_from, valid_until; /* timestamps as PostgreSQL's ISO, UTC; absent: open */
    bool enabled;
    struct sg_str note;
};
struct sg_synonym {
    uint64_t synonym_id;
    struct sg_str words, means;
    bool two_way;
};
struct sg_stop_word {
    struct sg_str word;
};
struct sg_availability {
    struct sg_str kind;
    uint64_t id;
    struct sg_list markets; /* sg_str of two letters */
    bool excluded;
};
extern const struct sg_record sg_rule_record, sg_synonym_record, sg_stop_word_record,
    sg_availability_record;

enum sg_lever {
    SG_LEVER_RULE,
    SG_LEVER_SYNONYM,
    SG_LEVER_STOP_WORD,
    SG_LEVER_AVAILABILITY,
    SG_LEVERS
};
extern const char *const sg_lever_tables[SG_LEVERS];
extern const struct sg_record *const sg_lever_records[SG_LEVERS];
