/* load.c - a person as the database has them, in one question: see people.h. */
#include "recsys/people/pack.h"
#include <stdio.h>
#include <stdlib.h>

/* One row a fact: what it is, a number, when, seconds played. Plays of the window newest first,
 * then the last ones before it. Prepared once a connection: planning over the partitions costs
 * twice what it takes to answer. */
static const char question[] =
    "PREPARE segue_person (bigint, int) AS (SELECT 'play', song_id::text, (extract(epoch FROM "
    "played_at) * 1e6)::bigint, played_s::text "
    "FROM listening_history WHERE user_id = $1 AND played_at > now() - make_interval(days => "
    "$2::int) ORDER BY played_at DESC) UNION ALL "
    "(SELECT 'play', song_id::text, (extract(epoch FROM played_at) * 1e6)::bigint, played_s::text "
    "FROM listening_history WHERE user_id = $1 AND played_at <= now() - make_interval(days => "
    "$2::int) ORDER BY played_at DESC LIMIT 500) UNION ALL "
    "(SELECT verdict, target_id::text, 0, NULL FROM feedback WHERE user_id = $1 "
    "ORDER BY created_at DESC LIMIT 50000) UNION ALL "
    "(SELECT 'follow', target_id::text, 0, NULL FROM follows WHERE user_id = $1 AND target_kind = "
    "'artist' ORDER BY created_at DESC LIMIT 50000) UNION ALL "
    "SELECT 'user', coalesce(nullif(preferences->>'market', ''), country, ''), "
    "CASE preferences->>'explicit' WHEN 'false' THEN 1 ELSE 0 END, NULL "
    "FROM users WHERE user_id = $1 UNION ALL "
    "SELECT 'snapshot', pg_current_snapshot()::text, 0, NULL";

struct facts {
    struct sg_person *out;
    struct sg_person_play *plays;
    size_t n_plays;
    uint64_t *ids[SG_PERSON_LISTS];
};

static int list_of(struct sg_str what)
{
    static const char *const names[SG_PERSON_LISTS] = {"like", "dislike", "not_interested",
                                                       "hide_artist", "follow"};
    for (int i = 0; i < SG_PERSON_LISTS; i++)
        if (sg_str_eq(what, sg_str(names[i])))
            return i;
    return -1;
}

static void take_play(struct facts *f, PGresult *r, int i)
{
    struct sg_person_play *p = &f->plays[f->n_plays];
    int64_t seconds = -1;
    *p = (struct sg_person_play){.played_s = -1};
    if (!sg_str_to_u64(sg_str(PQgetvalue(r, i, 1)), &p->song_id) ||
        !sg_str_to_i64(sg_str(PQgetvalue(r, i, 2)), &p->at_us))
        return;
    if (!PQgetisnull(r, i, 3) && sg_str_to_i64(sg_str(PQgetvalue(r, i, 3)), &seconds))
        p->played_s = seconds < 0 ? -1 : (int32_t)seconds;
    f->n_plays++;
}

static void take_fact(struct facts *f, PGresult *r, int i)
{
    struct sg_str what = sg_str(PQgetvalue(r, i, 0));
    struct sg_person *p = f->out;
    int list = list_of(what);
    uint64_t id;
    if (sg_str_eq(what, SG_STR("play"))) {
        take_play(f, r, i);
    } else if (sg_str_eq(what, SG_STR("user"))) {
        p->known = true;
        p->clean = *PQgetvalue(r, i, 2) == '1';
        if (PQgetlength(r, i, 1) == 2)
            memcpy(p->market, PQgetvalue(r, i, 1), 2);
    } else if (list >= 0 && sg_str_to_u64(sg_str(PQgetvalue(r, i, 1)), &id)) {
        f->ids[list][p->lists[list].n++] = id;
    }
}

/* "xmin:xmax:xip,xip ..": PostgreSQL manual, "Transaction ID and Snapshot Information Functions".
 */
static int take_snapshot(struct sg_str s, struct sg_arena *a, struct sg_people_seen *out,
                         struct sg_error *e)
{
    const char *max = memchr(s.p, ':', s.n), *end = s.p + s.n;
    const char *list = max ? memchr(max + 1, ':', (size_t)(end - max - 1)) : NULL;
    uint64_t *v = sg_arena_array(a, s.n, sizeof *v), below;
    size_t n = 0;
    if (!v)
        return sg_fail(e, SG_ENOMEM, "a snapshot");
    if (!list || !sg_str_to_u64((struct sg_str){max + 1, (size_t)(list - max - 1)}, &below))
        return sg_fail(e, SG_ECORRUPT, "snapshot '%.*s'", SG_FMT(s));
    for (const char *at = list + 1; at < end;) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        const char *to = comma ? comma : end;
        if (!sg_str_to_u64((struct sg_str){at, (size_t)(to - at)}, &v[n++]))
            return sg_fail(e, SG_ECORRUPT, "snapshot '%.*s'", SG_FMT(s));
        at = to + 1;
    }
    *out = (struct sg_people_seen){below, {v, n}};
    return 0;
}

static int by_id(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int newest_first(const void *a, const void *b)
{
    const struct sg_person_play *x = a, *y = b;
    return (x->at_us < y->at_us) - (x->at_us > y->at_us);
}

static int take_facts(PGresult *r, struct sg_arena *a, struct sg_person *out, struct sg_error *e)
{
    struct facts f = {.out = out};
    size_t n = (size_t)PQntuples(r), in_list[SG_PERSON_LISTS] = {0};
    for (size_t i = 0; i < n; i++) {
        int list = list_of(sg_str(PQgetvalue(r, (int)i, 0)));
        if (list >= 0)
            in_list[list]++;
    }
    f.plays = sg_arena_array(a, n + 1, sizeof *f.plays);
    for (int k = 0; k < SG_PERSON_LISTS && f.plays; k++)
        if (!(f.ids[k] = sg_arena_array(a, in_list[k] + 1, sizeof(uint64_t))))
            f.plays = NULL;
    if (!f.plays)
        return sg_fail(e, SG_ENOMEM, "%zu facts of a person", n);
    for (size_t i = 0; i < n; i++)
        take_fact(&f, r, (int)i);
    for (int k = 0; k < SG_PERSON_LISTS; k++) {
        qsort(f.ids[k], out->lists[k].n, sizeof(uint64_t), by_id);
        out->lists[k].v = f.ids[k];
    }
    if (f.n_plays)
        qsort(f.plays, f.n_plays, sizeof *f.plays, newest_first);
    return person_take_plays(out, f.plays, f.n_plays, a, e);
}

static int ask(PGconn *c, uint64_t user_id, int64_t days, PGresult **r, struct sg_error *e)
{
    char sql[96];
    snprintf(sql, sizeof sql, "EXECUTE segue_person(%llu, %lld)", (unsigned long long)user_id,
             (long long)days);
    int rc = sg_pg_exec(c, sql, 0, NULL, r, e);
    if (rc && PQstatus(c) == CONNECTION_OK && !sg_pg_exec(c, question, 0, NULL, NULL, NULL))
        rc = sg_pg_exec(c, sql, 0, NULL, r, e);
    return rc;
}

static int load(void *ctx, uint64_t user_id, int64_t deadline_us, struct sg_arena *a,
                struct sg_person *out, struct sg_people_seen *seen, struct sg_error *e)
{
    const struct sg_people_database *d = ctx;
    PGconn *c;
    PGresult *r = NULL;
    int rc = sg_pg_pool_take(d->pool, &c, deadline_us, e);
    if (rc)
        return rc;
    rc = ask(c, user_id, d->heard_days, &r, e);
    sg_pg_pool_give(d->pool, c);
    if (!rc)
        rc = take_snapshot(sg_str(PQgetvalue(r, PQntuples(r) - 1, 1)), a, seen, e);
    if (!rc)
        rc = take_facts(r, a, out, e);
    PQclear(r);
    return rc;
}

struct sg_people_source sg_people_source(const struct sg_people_database *d)
{
    return (struct sg_people_source){load, (void *)(uintptr_t)d};
}
