/* rival_sqlite.c - SQLite FTS5: words by bm25, then trigrams by bm25.
 *
 * Two tables over the same rows. `words` (unicode61 without diacritics, prefix
 * indexes) is asked for all words, the last one as a prefix; where that gives
 * too little, `grams` (trigram tokenizer) is asked for any trigram of the query.
 * Title and artist count more than album. bm25 is rounded, so that plays decide
 * between equals. A completion is a range of names in the order of plays, then
 * as a search.
 */
#include "tests/relevance/rivals/harness.h"
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct lite {
    sqlite3 *db;
    sqlite3_stmt *add[3], *words, *grams, *complete;
    char path[600];
    sqlite3_int64 n;
};

static void run(struct lite *l, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(l->db, sql, NULL, NULL, &why) != SQLITE_OK)
        rival_die(sql, why);
}

static sqlite3_stmt *prepare(struct lite *l, const char *sql)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) != SQLITE_OK)
        rival_die(sql, sqlite3_errmsg(l->db));
    return s;
}

static void open_db(struct lite *l, const char *folder)
{
    snprintf(l->path, sizeof l->path, "%s/rival.db", folder);
    unlink(l->path);
    if (sqlite3_open(l->path, &l->db) != SQLITE_OK)
        rival_die(l->path, "cannot be opened");
    run(l,
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; "
        "PRAGMA mmap_size = 8000000000; BEGIN;"
        "CREATE TABLE items (n INTEGER PRIMARY KEY, id, kind, plays, name COLLATE NOCASE);"
        "CREATE VIRTUAL TABLE words USING fts5(title, artist, album, aliases, prefix = '1 2 3 4',"
        " tokenize = 'unicode61 remove_diacritics 2');"
        "CREATE VIRTUAL TABLE grams USING fts5(name, tokenize = 'trigram', detail = none)");
    l->add[0] = prepare(l, "INSERT INTO items VALUES (?1, ?2, ?3, ?4, ?5)");
    l->add[1] = prepare(l, "INSERT INTO words (rowid, title, artist, album, aliases) "
                           "VALUES (?1, ?2, ?3, ?4, ?5)");
    l->add[2] = prepare(l, "INSERT INTO grams (rowid, name) VALUES (?1, ?2)");
}

static void step(struct lite *l, sqlite3_stmt *s, const char *const *cells, int n)
{
    sqlite3_bind_int64(s, 1, l->n);
    for (int i = 0; i < n; i++)
        sqlite3_bind_text(s, i + 2, cells[i], -1, SQLITE_TRANSIENT);
    if (sqlite3_step(s) != SQLITE_DONE)
        rival_die("insert", sqlite3_errmsg(l->db));
    sqlite3_reset(s);
}

static void add(void *ctx, const struct rival_item *i)
{
    struct lite *l = ctx;
    char name[8192], plays[32];
    l->n++;
    snprintf(name, sizeof name, "%s %s %s", i->title, i->artists, i->aliases);
    snprintf(plays, sizeof plays, "%020llu", (unsigned long long)i->plays);
    step(l, l->add[0], (const char *const[]){i->id, i->kind, plays, name}, 4);
    step(l, l->add[1], (const char *const[]){i->title, i->artists, i->album, i->aliases}, 4);
    step(l, l->add[2], (const char *const[]){name}, 1);
}

static sqlite3_stmt *ranked(struct lite *l, const char *table, const char *score)
{
    char sql[400];
    snprintf(
        sql, sizeof sql,
        "SELECT i.id FROM %s f JOIN items i ON i.n = f.rowid WHERE %s MATCH ?1 AND (?2 = '' OR "
        "i.kind = ?2) ORDER BY round(%s, 1), i.plays DESC LIMIT ?3",
        table, table, score);
    return prepare(l, sql);
}

static void built(void *ctx, struct rival *r)
{
    struct lite *l = ctx;
    struct stat st;
    run(l, "CREATE INDEX names ON items (name); INSERT INTO words(words) VALUES ('optimize');"
           "INSERT INTO grams(grams) VALUES ('optimize'); COMMIT; ANALYZE");
    l->words = ranked(l, "words", "bm25(words, 4, 3, 1, 2)");
    l->grams = ranked(l, "grams", "bm25(grams)");
    l->complete = prepare(l, "SELECT id FROM items WHERE name >= ?1 AND name < ?1 || char(1114111) "
                             "AND (?2 = '' OR kind = ?2) ORDER BY plays DESC LIMIT ?3");
    r->index_megabytes = stat(l->path, &st) ? 0 : (double)st.st_size / 1e6;
}

static void ask_with(sqlite3_stmt *s, const char *match, const struct rival_query *q)
{
    sqlite3_bind_text(s, 1, match, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(s, 2, q->kind, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int(s, 3, q->limit);
    while (sqlite3_step(s) == SQLITE_ROW)
        rival_answer((const char *)sqlite3_column_text(s, 0));
    sqlite3_reset(s);
}

/* "rock" "you"* */
static void all_words(char *out, size_t cap, const char *plain)
{
    size_t n = (size_t)snprintf(out, cap, "\"");
    for (const char *p = plain; *p && n + 8 < cap; p++)
        n += (size_t)snprintf(out + n, cap - n, *p == ' ' ? "\" \"" : "%c", *p);
    snprintf(out + n, cap - n, "\"*");
}

static size_t after(const char *p, size_t at)
{
    while (p[at] && (p[++at] & 0xc0) == 0x80)
        ;
    return at;
}

/* "roc" OR "ock" ...: three characters from every character on. */
static void any_gram(char *out, size_t cap, const char *plain)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; plain[i] && n + 32 < cap; i = after(plain, i)) {
        size_t two = after(plain, after(plain, i)), end = after(plain, two);
        if (end > two)
            n += (size_t)snprintf(out + n, cap - n, "%s\"%.*s\"", n ? " OR " : "", (int)(end - i),
                                  plain + i);
    }
}

static void ask(void *ctx, const struct rival_query *q)
{
    struct lite *l = ctx;
    char plain[2048], match[16384];
    rival_plain(plain, sizeof plain, q->text);
    if (q->limit == 5)
        ask_with(l->complete, q->text, q);
    if (!*plain || rival_answered() >= (size_t)q->limit)
        return;
    all_words(match, sizeof match, plain);
    ask_with(l->words, match, q);
    any_gram(match, sizeof match, plain);
    if (*match && rival_answered() < (size_t)q->limit)
        ask_with(l->grams, match, q);
}

int main(int argc, char **argv)
{
    static struct lite l;
    struct rival r = {.name = "sqlite",
                      .version = "SQLite " SQLITE_VERSION,
                      .remarks = "FTS5: bm25 of words, then of trigrams; in process",
                      .ctx = &l,
                      .add = add,
                      .built = built,
                      .ask = ask};
    if (argc != 2)
        rival_die("usage", "rival_sqlite FOLDER");
    open_db(&l, argv[1]);
    rival_run(&r, argv[1]);
    sqlite3_close_v2(l.db);
    unlink(l.path);
    return 0;
}
