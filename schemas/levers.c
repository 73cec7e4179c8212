/* levers.c - field tables of levers.h; bounds in bytes, four for each character of the
 * tables' own.
 */
#include "schemas/levers.h"

static const struct sg_field rule[] = {
    SG_FIELD_U64(struct sg_rule, rule_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_rule, match, 1, 16, SG_REQUIRED),
    SG_FIELD_STR(struct sg_rule, query, 1, 800, SG_REQUIRED),
    SG_FIELD_STR(struct sg_rule, action, 1, 16, SG_REQUIRED),
    SG_FIELD_STR(struct sg_rule, kind, 1, 16, SG_OPTIONAL),
    SG_FIELD_U64(struct sg_rule, id, 0, INT64_MAX, SG_OPTIONAL),
    SG_FIELD_I64(struct sg_rule, position, 0, 100, SG_OPTIONAL),
    SG_FIELD_F64(struct sg_rule, factor, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_rule, replacement, 1, 800, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_rule, market, 2, 2, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_rule, valid_from, 1, 40, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_rule, valid_until, 1, 40, SG_OPTIONAL),
    SG_FIELD_BOOL(struct sg_rule, enabled, SG_REQUIRED),
    SG_FIELD_STR(struct sg_rule, note, 0, 2000, SG_OPTIONAL),
};
const struct sg_record sg_rule_record = SG_RECORD("SearchRule", struct sg_rule, rule);

static const struct sg_field synonym[] = {
    SG_FIELD_U64(struct sg_synonym, synonym_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_synonym, words, 1, 400, SG_REQUIRED),
    SG_FIELD_STR(struct sg_synonym, means, 1, 400, SG_REQUIRED),
    SG_FIELD_BOOL(struct sg_synonym, two_way, SG_REQUIRED),
};
const struct sg_record sg_synonym_record = SG_RECORD("Synonym", struct sg_synonym, synonym);

static const struct sg_field stop_word[] = {
    SG_FIELD_STR(struct sg_stop_word, word, 1, 240, SG_REQUIRED),
};
const struct sg_record sg_stop_word_record = SG_RECORD("StopWord", struct sg_stop_word, stop_word);

static const struct sg_field availability[] = {
    SG_FIELD_STR(struct sg_availability, kind, 1, 16, SG_REQUIRED),
    SG_FIELD_U64(struct sg_availability, id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_LIST(struct sg_availability, markets, SG_T_STR, NULL, SG_MARKETS_MAX),
    SG_FIELD_BOOL(struct sg_availability, excluded, SG_REQUIRED),
};
const struct sg_record sg_availability_record =
    SG_RECORD("Availability", struct sg_availability, availability);

const char *const sg_lever_tables[SG_LEVERS] = {"search_rules", "search_synonyms",
                                                "search_stop_words", "availability"};
const struct sg_record *const sg_lever_records[SG_LEVERS] = {
    &sg_rule_record, &sg_synonym_record, &sg_stop_word_record, &sg_availability_record};
