/* searches.c - segue-data searches report: what the search log says. */
#include "core/pg.h"
#include "data/command.h"
#include <stdlib.h>
#include <string.h>

const char sg_data_searches_help[] =
    "Over the searches of the last days (searchlog.retention_days keeps them):\n"
    "  --no-results   queries that found nothing, of at least searchlog.min_people people\n"
    "  --ctr          shown, clicked and played by position\n"
    "  --judged FILE  queries and what people chose, as segue-query train-ranker reads them\n"
    "  --days N       so many days (default 30)\n"
    "  --limit N      lines (default 100; judged: 10000)\n"
    "Without any of them: totals and the most chosen queries.";

struct report {
    const char *kind, *file, *days, *limit;
};

static bool is_whole(const char *s)
{
    size_t n = strlen(s);
    return n && n < 8 && strspn(s, "0123456789") == n && strtol(s, NULL, 10) > 0;
}

static bool read_arguments(int argc, char **argv, struct report *r)
{
    for (int i = 2; i < argc; i++) {
        bool more = i + 1 < argc;
        if (!strcmp(argv[i], "--no-results") || !strcmp(argv[i], "--ctr"))
            r->kind = argv[i] + 2;
        else if (more && !strcmp(argv[i], "--judged"))
            r->kind = "judged", r->file = argv[++i];
        else if (more && !strcmp(argv[i], "--days") && is_whole(argv[i + 1]))
            r->days = argv[++i];
        else if (more && !strcmp(argv[i], "--limit") && is_whole(argv[i + 1]))
            r->limit = argv[++i];
        else
            return false;
    }
    return argc >= 2 && !strcmp(argv[1], "report");
}

/* $1 days, $2 people, $3 lines. */
static const char since[] =
    "WITH recent AS (SELECT * FROM search_log WHERE searched_at > now() - make_interval(days => "
    "$1::integer)), shown AS (SELECT folded, period FROM recent WHERE folded <> '' GROUP BY 1, 2 "
    "HAVING count(DISTINCT person) >= $2::integer) ";

static const char summary[] =
    "SELECT mode() WITHIN GROUP (ORDER BY query) AS query, count(*) AS searches, "
    "count(*) FILTER (WHERE chosen) AS chosen, count(*) FILTER (WHERE total = 0) AS empty "
    "FROM recent WHERE source = 'search' AND folded IN (SELECT folded FROM shown) "
    "GROUP BY folded ORDER BY 3 DESC, 2 DESC, folded LIMIT $3::integer";

static const char no_results[] =
    "SELECT mode() WITHIN GROUP (ORDER BY query) AS query, count(*) AS searches, "
    "max(searched_at)::date AS last FROM recent WHERE source = 'search' AND total = 0 "
    "AND folded IN (SELECT folded FROM shown) GROUP BY folded ORDER BY 2 DESC, folded "
    "LIMIT $3::integer";

static const char ctr[] =
    ", n AS (SELECT source, p, count(*) AS shown FROM recent, "
    "generate_series(first_shown, first_shown + shown - 1) p WHERE $2 IS NOT NULL GROUP BY 1, 2), "
    "c AS (SELECT r.source, c.position AS p, count(*) FILTER (WHERE action = 'click') AS clicks, "
    "count(*) FILTER (WHERE action = 'play') AS plays FROM search_choices c JOIN recent r "
    "USING (searched_at, search_id) GROUP BY 1, 2) "
    "SELECT source, p AS position, shown, coalesce(clicks, 0) AS clicks, coalesce(plays, 0) AS "
    "plays, round(100.0 * coalesce(clicks, 0) / shown, 2) AS ctr_percent FROM n LEFT JOIN c "
    "USING (source, p) ORDER BY 1, 2 LIMIT $3::integer";

/* The answer to a query: what at least half of those who chose did choose, of enough people. */
static const char judged[] =
    ", chosen AS (SELECT r.folded, r.query, r.period, coalesce(r.person, 0) AS person, c.kind, "
    "c.id FROM recent r JOIN search_choices c USING (searched_at, search_id) WHERE r.source = "
    "'search' AND r.folded <> '' AND c.kind <> 'query'), "
    "votes AS (SELECT folded, kind, id, mode() WITHIN GROUP (ORDER BY query) AS query, "
    "count(DISTINCT person) AS people FROM chosen GROUP BY 1, 2, 3), "
    "best AS (SELECT *, sum(people) OVER (PARTITION BY folded) AS everybody FROM votes) "
    "SELECT translate(b.query, E'\\t\\n\\r', '   ') AS query, b.kind AS type, "
    "translate(CASE b.kind WHEN 'song' THEN s.title || ' | ' || sa.name WHEN 'album' THEN "
    "l.title || ' | ' || la.name WHEN 'artist' THEN a.name ELSE p.name END, E'\\t\\n\\r', '   ') "
    "AS "
    "expected, 'clicks' AS class FROM best b "
    "LEFT JOIN songs s ON b.kind = 'song' AND s.song_id = b.id "
    "LEFT JOIN artists sa ON sa.artist_id = s.artist_id "
    "LEFT JOIN albums l ON b.kind = 'album' AND l.album_id = b.id "
    "LEFT JOIN artists la ON la.artist_id = l.artist_id "
    "LEFT JOIN artists a ON b.kind = 'artist' AND a.artist_id = b.id "
    "LEFT JOIN playlists p ON b.kind = 'playlist' AND p.playlist_id = b.id AND p.is_public "
    "WHERE people >= $2::integer AND 2 * people >= everybody AND coalesce(s.title, l.title, "
    "a.name, p.name) IS NOT NULL ORDER BY people DESC, b.folded LIMIT $3::integer";

static const char *query_of(const char *kind)
{
    return !kind                         ? summary
           : !strcmp(kind, "no-results") ? no_results
           : !strcmp(kind, "ctr")        ? ctr
                                         : judged;
}

static void print(FILE *to, const PGresult *r)
{
    for (int i = 0; i < PQnfields(r); i++)
        fprintf(to, "%s%s", i ? "\t" : "# ", PQfname(r, i));
    fputc('\n', to);
    for (int row = 0; row < PQntuples(r); row++) {
        for (int i = 0; i < PQnfields(r); i++)
            fprintf(to, "%s%s", i ? "\t" : "", PQgetvalue(r, row, i));
        fputc('\n', to);
    }
}

static int write_to(const struct report *r, const PGresult *result, struct sg_error *e)
{
    FILE *to = r->file ? fopen(r->file, "w") : stdout;
    if (!to)
        return sg_fail_errno(e, "%s", r->file);
    print(to, result);
    bool failed = ferror(to) != 0;
    if (r->file)
        failed = fclose(to) != 0 || failed;
    return failed ? sg_fail_errno(e, "%s", r->file ? r->file : "output") : 0;
}

int sg_data_searches(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct report r = {.days = "30"};
    char people[24];
    PGconn *c = NULL;
    PGresult *result = NULL;
    struct sg_buf sql = {0};
    if (!read_arguments(argc, argv, &r))
        return sg_data_misused("searches", "expected report and its options");
    if (!r.limit)
        r.limit = r.file ? "10000" : "100";
    snprintf(people, sizeof people, "%lld", (long long)config->searchlog.min_people);
    const char *params[] = {r.days, people, r.limit};
    sg_buf_printf(&sql, "%s%s", since, query_of(r.kind));
    sg_buf_putc(&sql, '\0');
    int rc = sg_buf_failed(&sql) ? sg_fail(&e, SG_ENOMEM, "searches")
                                 : sg_pg_connect(&c, config->pg.dsn, &e);
    if (!rc)
        rc = sg_pg_exec(c, sql.p, 3, params, &result, &e);
    if (!rc)
        rc = write_to(&r, result, &e);
    PQclear(result);
    PQfinish(c);
    sg_buf_free(&sql);
    return rc ? sg_data_failed("searches", &e) : 0;
}
