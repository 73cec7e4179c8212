/* compare_export.c - what the engines are compared on, and Segue's own answers.
 *
 *   compare_export names FOLDER STEP    real names, every step-th one mistyped
 *   compare_export hand FOLDER          queries.tsv over catalogue.tsv
 *   compare_export kinds FOLDER SONGS   generated songs, timed kinds of queries
 *
 * Writes items.tsv, queries.tsv, results-segue.tsv and stats-segue.tsv as
 * rivals/harness.h describes them. The kinds are those of Meilisearch's own
 * benchmark: common first names, artists of two words, prefixes of one to five
 * letters, misspelt artists; taken from the generated catalogue, and some
 * misspelt names as they are printed there.
 */
#include "core/clock.h"
#include "core/text.h"
#include "tests/relevance/damage.h"
#include "tests/relevance/judged.h"
#include "tests/relevance/names.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT = 4096, DENSER = 16 };

struct export
{
    struct engine x;
    const char *folder;
    FILE *queries, *results;
    size_t n;
    double build_s;
};

static _Noreturn void die(const char *what, const char *why)
{
    fprintf(stderr, "compare_export: %s: %s\n", what, why);
    exit(1);
}

static FILE *create(const struct export *t, const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", t->folder, name);
    FILE *f = fopen(path, "w");
    if (!f)
        die(path, "cannot be written");
    return f;
}

/* Items. */

static void put_clean(FILE *f, const char *text, char end)
{
    for (; *text; text++)
        fputc(strchr("\t\n\r", *text) ? ' ' : *text, f);
    fputc(end, f);
}

static void export_items(struct export *t, bool songs_only)
{
    bool aliases = *test_pg_sql(t->x.c, "SELECT to_regclass('aliases')");
    char sql[3072];
    struct sg_buf all = {0};
    sg_buf_printf(
        &all,
        "DECLARE c CURSOR FOR SELECT 's' || s.song_id, 'song', s.title, (SELECT string_agg(b.name, "
        "' ' ORDER BY sa.position) FROM song_artists sa JOIN artists b ON b.artist_id = "
        "sa.credited_artist_id WHERE sa.song_id = s.song_id), coalesce(l.title, ''), %s, "
        "s.play_count, a.name FROM songs s JOIN artists a USING (artist_id) LEFT JOIN albums l ON "
        "l.album_id = s.album_id",
        aliases ? "concat_ws(' ', (SELECT string_agg(alias, ' ') FROM aliases WHERE kind = 'song' "
                  "AND id = s.song_id), (SELECT string_agg(alias, ' ') FROM aliases WHERE kind = "
                  "'artist' AND id = s.artist_id))"
                : "''");
    if (!songs_only)
        sg_buf_printf(
            &all,
            " UNION ALL SELECT 'a' || artist_id, 'artist', name, '', '', %s, (SELECT "
            "coalesce(sum(play_count), 0)::bigint FROM songs s WHERE s.artist_id = a.artist_id), "
            "'' "
            "FROM artists a UNION ALL SELECT 'l' || l.album_id, 'album', l.title, a.name, '', '', "
            "(SELECT coalesce(sum(play_count), 0)::bigint FROM songs s WHERE s.album_id = "
            "l.album_id), a.name FROM albums l JOIN artists a USING (artist_id)",
            aliases ? "(SELECT coalesce(string_agg(alias, ' '), '') FROM aliases WHERE kind = "
                      "'artist' AND id = a.artist_id)"
                    : "''");
    snprintf(sql, sizeof sql, "%.*s", (int)all.n, all.p);
    sg_buf_free(&all);
    FILE *f = create(t, "items.tsv");
    PQclear(PQexec(t->x.c, "BEGIN"));
    PQclear(PQexec(t->x.c, sql));
    for (int n = 1; n > 0;) {
        PGresult *r = PQexec(t->x.c, "FETCH 20000 FROM c");
        if (PQresultStatus(r) != PGRES_TUPLES_OK)
            die("items", PQerrorMessage(t->x.c));
        n = PQntuples(r);
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < 7; c++)
                put_clean(f, PQgetvalue(r, i, c), '\t');
            fprintf(f, "%016" PRIx64 "\n",
                    engine_key(sg_str(PQgetvalue(r, i, 2)), sg_str(PQgetvalue(r, i, 7))));
        }
        PQclear(r);
    }
    PQclear(PQexec(t->x.c, "COMMIT"));
    fclose(f);
}

/* Queries, and Segue's answers to them at once. */

static void put_hits(struct export *t, const struct sg_search_reply *reply)
{
    const struct sg_hit *h = reply->results.v;
    fprintf(t->results, "%zu\t%" PRId64 "\t", t->n, t->x.took_us);
    for (size_t i = 0; i < reply->results.n; i++)
        fprintf(t->results, "%s%c%" PRIu64, i ? "," : "",
                h[i].song_id    ? 's'
                : h[i].album_id ? 'l'
                                : 'a',
                h[i].song_id    ? h[i].song_id
                : h[i].album_id ? h[i].album_id
                                : h[i].artist_id);
    fputc('\n', t->results);
}

static void put_suggestions(struct export *t, const struct sg_suggest_reply *reply)
{
    const struct sg_suggestion *s = reply->suggestions.v;
    fprintf(t->results, "%zu\t%" PRId64 "\t", t->n, t->x.took_us);
    for (size_t i = 0; i < reply->suggestions.n; i++)
        fprintf(t->results, "%s%c%" PRIu64, i ? "," : "",
                sg_str_eq(s[i].type, SG_STR("album")) ? 'l' : s[i].type.p[0], s[i].id);
    fputc('\n', t->results);
}

static void export_query(struct export *t, const char *class, const char *side, const char *kind,
                         bool suggest, const uint64_t *keys, size_t n_keys, struct sg_str q)
{
    char text[TEXT];
    snprintf(text, sizeof text, "%.*s", SG_FMT(q));
    fprintf(t->queries, "%zu\t%s\t%s\t%s\t%s\t", t->n, class, side, kind,
            suggest ? "suggest" : "search");
    for (size_t i = 0; i < n_keys; i++)
        fprintf(t->queries, "%s%016" PRIx64, i ? "," : "", keys[i]);
    fputc('\t', t->queries);
    put_clean(t->queries, text, '\n');
    if (suggest)
        put_suggestions(t, engine_suggest(&t->x, q, 5));
    else
        put_hits(t, engine_search(&t->x, q, kind, 10));
    t->n++;
}

static void export_names(struct export *t, size_t step)
{
    struct names names;
    char text[TEXT];
    names_read(&names, t->x.c);
    for (size_t i = 0; i < names.n; i++)
        for (int c = 0; c < NAME_CLASSES; c++) {
            const struct name_item *item = &names.v[i];
            if (item->order % (c == NAME_NO_MARKS ? step / DENSER + 1 : step))
                continue;
            struct sg_str q = {text, names_ask(&names, item, c, NAMES_SEED, text, sizeof text)};
            if (q.n)
                export_query(t, name_class_names[c], item->held ? "held out" : "tuned",
                             name_class_completes(c) ? "" : sg_kind_names[item->kind],
                             name_class_completes(c), &item->key, 1, q);
        }
    names_free(&names);
}

static void export_judged(struct export *t)
{
    struct judged j;
    judged_read(&j);
    for (size_t i = 0; i < j.n; i++)
        export_query(t, j.v[i].class, j.v[i].held ? "held out" : "tuned", j.v[i].types, false,
                     j.v[i].keys, j.v[i].n, sg_str(j.v[i].text));
    judged_free(&j);
}

/* Kinds. */

static void time_query(struct export *t, const char *kind, const char *text, size_t n)
{
    if (n)
        export_query(t, kind, "", "song", false, NULL, 0, (struct sg_str){text, n});
}

static void time_misspelt(struct export *t, const char *name, uint64_t random)
{
    struct damage_text d;
    char text[TEXT];
    if (damage_read(&d, sg_str(name), SG_STR_NONE) && damage_typos(&d, 1, &random))
        time_query(t, "misspelt artist", text, damage_write(&d, text, sizeof text));
}

static void time_rows(struct export *t, const char *kind, const char *sql)
{
    PGresult *r = PQexec(t->x.c, sql);
    if (PQresultStatus(r) != PGRES_TUPLES_OK)
        die(sql, PQerrorMessage(t->x.c));
    for (int i = 0; i < PQntuples(r); i++) {
        const char *name = PQgetvalue(r, i, 0);
        if (kind)
            time_query(t, kind, name, strlen(name));
        else
            time_misspelt(t, name, (uint64_t)i + 1);
    }
    PQclear(r);
}

static void export_kinds(struct export *t)
{
    static const char *const printed[] = {
        "Arethla Franklin ", "dire straights ", "thelonius monk ", "the white striper ",
        "mongus ",           "indochien ",      "stromal ",        "michel depech "};
    char sql[400], kind[32];
    time_rows(
        t, "first name",
        "SELECT split_part(name, ' ', 1) || ' ' FROM artists WHERE name LIKE '% %' GROUP BY 1 "
        "ORDER BY count(*) DESC, 1 LIMIT 50");
    time_rows(t, "artist",
              "SELECT name || ' ' FROM artists WHERE name ~ '^[^ ]+ [^ ]+$' ORDER BY "
              "hashint8(artist_id) LIMIT 200");
    for (int k = 1; k <= 5; k++) {
        snprintf(kind, sizeof kind, "%d letter%s", k, k > 1 ? "s" : "");
        snprintf(
            sql, sizeof sql,
            "SELECT DISTINCT left(lower(title), %d) FROM (SELECT title FROM songs WHERE title ~ "
            "'^[A-Za-z]{6}' ORDER BY hashint8(song_id) LIMIT 100) x",
            k);
        time_rows(t, kind, sql);
    }
    time_rows(t, NULL,
              "SELECT name FROM artists WHERE name ~ '^[^ ]+ [^ ]+$' ORDER BY hashint8(artist_id + "
              "7) LIMIT 200");
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++)
        time_query(t, "as printed there", printed[i], strlen(printed[i]));
}

static void write_stats(struct export *t)
{
    char command[600];
    double mb = 0;
    snprintf(command, sizeof command, "du -sb '%s' | cut -f1", t->x.config.index.dir);
    FILE *du = popen(command, "r");
    if (!du || fscanf(du, "%lf", &mb) != 1)
        die("du", "failed");
    pclose(du);
    FILE *f = create(t, "stats-segue.tsv");
    fprintf(f, "segue\tSegue\t%.1f\t%.1f\tthe query server's code; in process\n", t->build_s,
            mb / 1e6);
    fclose(f);
}

static void generate(const char *songs)
{
    char command[400];
    snprintf(command, sizeof command,
             "'%s/segue-data' generate --songs %ld --users 20 --seed 1 >/dev/null 2>&1",
             getenv("SEGUE_BIN"), atol(songs));
    if (system(command))
        die(command, "failed");
}

int main(int argc, char **argv)
{
    static struct export t;
    if (argc < 3)
        die("usage", "names FOLDER STEP | hand FOLDER | kinds FOLDER SONGS");
    bool names = !strcmp(argv[1], "names"), kinds = !strcmp(argv[1], "kinds");
    t.folder = argv[2];
    if (names && !engine_has_datasets())
        return 77;
    engine_init(&t.x);
    if (names)
        engine_import_names(&t.x);
    else if (kinds)
        generate(argc > 3 ? argv[3] : "10000");
    else
        judged_import(&t.x);
    int64_t from = sg_now_us();
    engine_index(&t.x);
    t.build_s = (double)(sg_now_us() - from) / 1e6;
    t.queries = create(&t, "queries.tsv");
    t.results = create(&t, "results-segue.tsv");
    export_items(&t, kinds);
    if (names)
        export_names(&t, argc > 3 && atoi(argv[3]) > 0 ? (size_t)atoi(argv[3]) : 400);
    else if (kinds)
        export_kinds(&t);
    else
        export_judged(&t);
    fclose(t.queries);
    fclose(t.results);
    write_stats(&t);
    engine_fini(&t.x);
    return 0;
}
