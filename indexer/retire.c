/* retire.c - see retire.h. */
#include "indexer/retire.h"
#include "core/change_tail.h"
#include "core/clock.h"
#include "core/log.h"
#include "indexer/folder.h"
#include <stdlib.h>

#define GENERATIONS_MAX 128
#define BUSY_TRIES      100

static void read_slot(PGresult *r, int row, struct sg_slot_info *s)
{
    snprintf(s->name, sizeof s->name, "%s", PQgetvalue(r, row, 0));
    s->active = PQgetvalue(r, row, 1)[0] == 't';
    s->lost = !strcmp(PQgetvalue(r, row, 2), "lost");
    if (!sg_lsn_parse(sg_str(PQgetvalue(r, row, 3)), &s->confirmed_lsn))
        s->confirmed_lsn = 0;
    if (!sg_str_to_i64(sg_str(PQgetvalue(r, row, 4)), &s->retained_bytes))
        s->retained_bytes = -1;
}

int sg_slot_list(PGconn *c, const char *id, struct sg_slot_info *out, size_t *n, struct sg_error *e)
{
    PGresult *r = NULL;
    int rc =
        sg_pg_exec(c,
                   "SELECT slot_name, active, coalesce(wal_status, ''), "
                   "coalesce(confirmed_flush_lsn::text, ''), "
                   "coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint::text, '') "
                   "FROM pg_replication_slots WHERE database = current_database() "
                   "AND slot_name ~ ('^segue_gen_[0-9]+_' || $1 || '$') ORDER BY slot_name",
                   1, &id, &r, e);
    if (rc)
        return rc;
    *n = 0;
    for (int i = 0; i < PQntuples(r) && *n < SG_SLOTS_MAX; i++)
        read_slot(r, i, &out[(*n)++]);
    PQclear(r);
    return 0;
}

static bool is_named(const struct sg_manifest *m, size_t n, const char *slot)
{
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(m[i].slot, slot))
            return true;
    }
    return false;
}

int sg_slot_end(PGconn *c, const char *slot, const char *why, struct sg_error *e)
{
    int rc = sg_slot_drop(c, slot, e);
    for (int i = 0; rc == SG_EBUSY && i < BUSY_TRIES; i++) {
        sg_sleep_us(20000);
        rc = sg_slot_drop(c, slot, e);
    }
    if (rc == SG_ENOENT)
        return 0;
    if (!rc)
        sg_log(SG_LOG_INFO, "slot dropped", "slot=%s why=%s", slot, why);
    return rc;
}

static int drop_orphans(const char *dir, const char *id, PGconn *c, struct sg_error *e)
{
    struct sg_slot_info slots[SG_SLOTS_MAX];
    size_t n = 0;
    struct sg_manifest *m = calloc(GENERATIONS_MAX, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "generations");
    size_t kept = sg_generation_list(dir, m, GENERATIONS_MAX);
    int rc = sg_slot_list(c, id, slots, &n, e);
    for (size_t i = 0; i < n && !rc; i++) {
        if (!is_named(m, kept, slots[i].name) && !slots[i].active)
            rc = sg_slot_end(c, slots[i].name, "orphan", e);
    }
    free(m);
    return rc;
}

int sg_retire_unfinished(const char *dir, const char *id, PGconn *c, struct sg_error *e)
{
    char names[GENERATIONS_MAX][SG_GENERATION_NAME];
    size_t n = sg_folder_list(dir, SG_BUILDING, names, GENERATIONS_MAX);
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        sg_log(SG_LOG_INFO, "unfinished generation removed", "name=%s", names[i]);
        rc = sg_folder_remove(dir, names[i], e);
    }
    return rc || !c ? rc : drop_orphans(dir, id, c, e);
}

/* A slot that cannot be dropped now keeps its generation: the next time, both go. */
static int retire(const char *dir, const struct sg_manifest *m, PGconn *c, struct sg_error *e)
{
    int rc = m->slot[0] && c ? sg_slot_end(c, m->slot, "retired", e) : 0;
    if (!rc)
        rc = sg_generation_remove(dir, m->name, e);
    if (!rc)
        sg_log(SG_LOG_INFO, "generation retired", "name=%s", m->name);
    return rc;
}

static int retire_refused(const char *dir, struct sg_error *e)
{
    char names[GENERATIONS_MAX][SG_GENERATION_NAME];
    size_t n = sg_folder_list(dir, SG_REFUSED, names, GENERATIONS_MAX);
    int rc = 0;
    for (size_t i = 0; i + 1 < n && !rc; i++)
        rc = sg_folder_remove(dir, names[i], e);
    return rc;
}

int sg_retire_old(const char *dir, int64_t keep, PGconn *c, struct sg_error *e)
{
    char current[SG_GENERATION_NAME];
    struct sg_manifest *m = calloc(GENERATIONS_MAX, sizeof *m);
    if (!m)
        return sg_fail(e, SG_ENOMEM, "generations");
    int rc = sg_current_read(dir, current, e);
    size_t n = rc ? 0 : sg_generation_list(dir, m, GENERATIONS_MAX);
    int64_t others = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        if (strcmp(m[i].name, current) && ++others >= keep)
            rc = retire(dir, &m[i], c, e);
    }
    free(m);
    return rc ? rc : retire_refused(dir, e);
}
