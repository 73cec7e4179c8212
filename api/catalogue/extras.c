/* extras.c - see extras.h. */
#include "api/catalogue/extras.h"
#include "api/catalogue/rows.h"

static int say_who(struct sg_db_tx *tx, struct sg_arena *a, uint64_t who, struct sg_error *e)
{
    static const struct sg_pg_statement operator_is = {
        "catalogue_operator", "SELECT set_config('segue.operator', 'user ' || $1, true)", 1};
    return sg_tx_run(tx, &operator_is, (const char *const[]){sg_sql_u64(a, who)}, NULL, e);
}

int sg_markets_put(struct sg_db_tx *tx, struct sg_arena *a, enum sg_kind kind, uint64_t id,
                   const struct sg_extras *in, uint64_t who, struct sg_error *e)
{
    static const struct sg_pg_statement everywhere = {
        "catalogue_everywhere", "DELETE FROM availability WHERE kind = $1 AND id = $2::bigint", 2};
    static const struct sg_pg_statement put = {
        "catalogue_markets",
        "INSERT INTO availability AS v (kind, id, markets, excluded) "
        "SELECT $1, $2::bigint, ARRAY(SELECT jsonb_array_elements_text($3::jsonb)), $4::boolean "
        "ON CONFLICT (kind, id) DO UPDATE SET markets = excluded.markets, "
        "excluded = excluded.excluded "
        "WHERE (v.markets, v.excluded) IS DISTINCT FROM (excluded.markets, excluded.excluded)",
        4};
    const char *params[] = {sg_kind_names[kind], sg_sql_u64(a, id), sg_sql_texts(a, &in->markets),
                            sg_sql_bool(in->but_there)};
    int rc = say_who(tx, a, who, e);
    return rc ? rc : sg_tx_run(tx, in->markets.n ? &put : &everywhere, params, NULL, e);
}

int sg_aliases_put(struct sg_db_tx *tx, struct sg_arena *a, enum sg_kind kind, uint64_t id,
                   const struct sg_extras *in, struct sg_error *e)
{
    static const struct sg_pg_statement drop = {
        "catalogue_unalias",
        "DELETE FROM aliases WHERE kind = $1 AND id = $2::bigint AND NOT hint "
        "AND alias NOT IN (SELECT jsonb_array_elements_text($3::jsonb))",
        3};
    static const struct sg_pg_statement add = {
        "catalogue_alias",
        "INSERT INTO aliases AS n (kind, id, alias) "
        "SELECT $1, $2::bigint, jsonb_array_elements_text($3::jsonb) "
        "ON CONFLICT (kind, id, alias) DO UPDATE SET hint = false WHERE n.hint",
        3};
    const char *params[] = {sg_kind_names[kind], sg_sql_u64(a, id), sg_sql_texts(a, &in->aliases)};
    int rc = sg_tx_run(tx, &drop, params, NULL, e);
    return rc || !in->aliases.n ? rc : sg_tx_run(tx, &add, params, NULL, e);
}
