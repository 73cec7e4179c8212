/* judged.c - see judged.h. */
#include "tests/relevance/judged.h"
#include <stdio.h>
#include <stdlib.h>

static _Noreturn void give_up(const char *what, const char *why)
{
    fprintf(stderr, "relevance: %s: %s\n", what, why);
    exit(1);
}

static FILE *open_file(const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/tests/relevance/%s", test_source_dir(), name);
    FILE *f = fopen(path, "r");
    if (!f)
        give_up(path, "cannot be read");
    return f;
}

/* Ends cells by zeros; how many there are. */
static size_t split(char *line, char **cells, size_t max)
{
    size_t n = 0;
    line[strcspn(line, "\n")] = '\0';
    for (char *p = line; p && n < max; n++) {
        cells[n] = p;
        p = strchr(p, '\t');
        if (p)
            *p++ = '\0';
    }
    return n;
}

/* "title | artist" or a name, n bytes. */
static uint64_t key_of(const char *p, size_t n)
{
    size_t at = n;
    for (size_t i = 0; i + 3 <= n; i++)
        if (!memcmp(p + i, " | ", 3))
            at = i;
    return at == n ? engine_key((struct sg_str){p, n}, SG_STR_NONE)
                   : engine_key((struct sg_str){p, at}, (struct sg_str){p + at + 3, n - at - 3});
}

static void read_expected(struct judged_query *q)
{
    q->keys = calloc(JUDGED_ANSWERS_MAX, sizeof *q->keys);
    for (const char *p = q->expected; q->keys && p;) {
        const char *end = strstr(p, " || ");
        if (q->n == JUDGED_ANSWERS_MAX)
            give_up(q->text, "too many answers");
        q->keys[q->n++] = key_of(p, end ? (size_t)(end - p) : strlen(p));
        p = end ? end + 4 : NULL;
    }
}

static void read_file(struct judged *j, const char *name, bool held)
{
    FILE *f = open_file(name);
    char *line = NULL, *cells[5];
    size_t cap = 0;
    while (getline(&line, &cap, f) > 0) {
        if (*line == '#')
            continue;
        struct judged_query q = {.line = strdup(line), .held = held};
        if (split(q.line, cells, 5) < 4)
            give_up(line, "expected query, type, expected, class");
        q.text = cells[0];
        q.types = strcmp(cells[1], "any") ? cells[1] : "";
        q.expected = cells[2];
        q.class = cells[3];
        read_expected(&q);
        j->v = realloc(j->v, (j->n + 1) * sizeof *j->v);
        j->v[j->n++] = q;
    }
    free(line);
    fclose(f);
}

void judged_read(struct judged *j)
{
    *j = (struct judged){0};
    read_file(j, "queries.tsv", false);
    read_file(j, "queries_held.tsv", true);
}

void judged_free(struct judged *j)
{
    for (size_t i = 0; i < j->n; i++) {
        free(j->v[i].line);
        free(j->v[i].keys);
    }
    free(j->v);
}

bool judged_right(const struct judged_query *q, uint64_t key)
{
    for (size_t i = 0; i < q->n; i++)
        if (q->keys[i] == key)
            return true;
    return false;
}

/* The catalogue. */

enum { ARTIST, TITLE, ALBUM, YEAR, GENRE, PLAYS, ALIASES, CELLS };

static void put_quoted(FILE *f, const char *cell, char end)
{
    fputc('"', f);
    for (; *cell; cell++) {
        if (*cell == '"')
            fputc('"', f);
        fputc(*cell, f);
    }
    fputc('"', f);
    fputc(end, f);
}

static void put_row(FILE *f, char **c)
{
    char plays[32];
    snprintf(plays, sizeof plays, "%s000000", c[PLAYS]);
    put_quoted(f, c[TITLE], ',');
    put_quoted(f, c[ARTIST], ',');
    put_quoted(f, c[ALBUM], ',');
    put_quoted(f, c[GENRE], ',');
    put_quoted(f, c[YEAR], ',');
    put_quoted(f, plays, '\n');
}

static bool takes_aliases(PGconn *c)
{
    return *test_pg_sql(c, "SELECT to_regclass('aliases')");
}

/* A row without a title names an artist, else a song of that artist. */
static void put_aliases(PGconn *c, char **cells)
{
    static const char *const sql[2] = {
        "INSERT INTO aliases (kind, id, alias) SELECT 'artist', artist_id, $3 FROM artists WHERE "
        "name = $1 AND $2 = '' LIMIT 1",
        "INSERT INTO aliases (kind, id, alias) SELECT 'song', song_id, $3 FROM songs s JOIN "
        "artists a USING (artist_id) WHERE a.name = $1 AND s.title = $2 LIMIT 1"};
    for (char *p = cells[ALIASES], *next; *p; p = next) {
        next = p + strcspn(p, ";");
        if (*next)
            *next++ = '\0';
        const char *params[] = {cells[ARTIST], cells[TITLE], p};
        PGresult *r = PQexecParams(c, sql[*cells[TITLE] != '\0'], 3, NULL, params, NULL, NULL, 0);
        if (PQresultStatus(r) != PGRES_COMMAND_OK)
            give_up(p, PQerrorMessage(c));
        PQclear(r);
    }
}

static void each_row(struct engine *x, FILE *csv)
{
    FILE *f = open_file("catalogue.tsv");
    char *line = NULL, *cells[CELLS];
    size_t cap = 0;
    while (getline(&line, &cap, f) > 0) {
        if (*line == '#')
            continue;
        if (split(line, cells, CELLS) != CELLS)
            give_up(line, "expected seven cells");
        if (csv && *cells[TITLE])
            put_row(csv, cells);
        if (!csv)
            put_aliases(x->c, cells);
    }
    free(line);
    fclose(f);
}

bool judged_import(struct engine *x)
{
    char path[160];
    snprintf(path, sizeof path, "%s/catalogue.csv", x->var);
    FILE *csv = fopen(path, "w");
    if (!csv)
        give_up(path, "cannot be written");
    fputs("title,artist,album,genre,release_date,play_count\n", csv);
    each_row(x, csv);
    if (fclose(csv))
        give_up(path, "cannot be written");
    engine_import(x, "csv", path);
    if (strcmp(test_pg_sql(x->c, "SELECT count(*) > 1000 FROM songs"), "t"))
        give_up("catalogue.tsv", "was not taken");
    if (takes_aliases(x->c))
        each_row(x, NULL);
    else
        printf("there is no table of aliases: queries by other names cannot be answered\n");
    return takes_aliases(x->c);
}
