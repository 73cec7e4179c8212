/* compare_table.c - the table of docs/relevance.md from a folder of results.
 *
 *   compare_table relevance FOLDER     a class a row, an engine a column
 *   compare_table times FOLDER         the same of microseconds, median and p99
 *
 * Files as rivals/harness.h describes them. An engine that ran out of its time
 * is judged by the queries that it was asked, and the table says how many.
 */
#include "core/str.h"
#include "tests/relevance/tally.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { ENGINES = 6, CLASSES = 64, CELLS = 8, KEYS = 256 };
static const char *const engines[ENGINES] = {"segue",      "postgres", "sqlite",
                                             "minisearch", "orama",    "tantivy"};

struct pair {
    uint64_t id, key;
};
struct query {
    int class;
    bool held, suggest;
    size_t n_keys;
    uint64_t *keys;
};
struct cell {
    struct tally side[2];
    double *us;
    size_t n, cap;
};
static struct table {
    struct pair *items;
    size_t n_items;
    struct query *queries;
    size_t n_queries, n_classes;
    char *classes[CLASSES];
    bool completes[CLASSES], here[ENGINES];
    struct cell cells[ENGINES][CLASSES + 1]; /* the last one: all */
    char version[ENGINES][64], remarks[ENGINES][128];
    double build_s[ENGINES], megabytes[ENGINES];
} t;

typedef void (*row_fn)(char **cells, int engine);

static bool each_row(const char *folder, const char *name, row_fn fn, int engine)
{
    char path[600], *line = NULL, *cells[CELLS];
    size_t cap = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "r");
    if (!f)
        return false;
    while (getline(&line, &cap, f) > 0) {
        line[strcspn(line, "\n")] = '\0';
        char *p = line, nothing[1] = "";
        for (int i = 0; i < CELLS; i++) {
            cells[i] = p ? p : nothing;
            p = p ? strchr(p, '\t') : NULL;
            if (p)
                *p++ = '\0';
        }
        fn(cells, engine);
    }
    free(line);
    fclose(f);
    return true;
}

/* Room for one more in a list that doubles. */
static void *grown(void *list, size_t n, size_t size)
{
    if (n & (n - 1))
        return list;
    list = realloc(list, (n ? 2 * n : 1) * size);
    if (!list)
        abort();
    return list;
}

static void item_row(char **c, int engine)
{
    (void)engine;
    t.items = grown(t.items, t.n_items, sizeof *t.items);
    t.items[t.n_items++] = (struct pair){XXH3_64bits(c[0], strlen(c[0])), strtoull(c[7], NULL, 16)};
}

static int by_id(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static int class_of(const char *name)
{
    for (size_t i = 0; i < t.n_classes; i++)
        if (!strcmp(t.classes[i], name))
            return (int)i;
    if (t.n_classes == CLASSES)
        abort();
    t.classes[t.n_classes] = strdup(name);
    return (int)t.n_classes++;
}

static void query_row(char **c, int engine)
{
    (void)engine;
    struct query q = {.class = class_of(c[1]),
                      .held = !strcmp(c[2], "held out"),
                      .suggest = !strcmp(c[4], "suggest")};
    for (char *p = c[5]; *p; p += strspn(p, ",")) {
        q.keys = grown(q.keys, q.n_keys, sizeof *q.keys);
        q.keys[q.n_keys++] = strtoull(p, &p, 16);
    }
    t.completes[q.class] |= q.suggest;
    t.queries = grown(t.queries, t.n_queries, sizeof *t.queries);
    t.queries[t.n_queries++] = q;
}

static int rank_in(const struct query *q, char *ids)
{
    int rank = 0;
    for (char *save, *id = strtok_r(ids, ",", &save); id; id = strtok_r(NULL, ",", &save)) {
        struct pair want = {XXH3_64bits(id, strlen(id)), 0};
        const struct pair *p = bsearch(&want, t.items, t.n_items, sizeof want, by_id);
        rank++;
        for (size_t i = 0; p && i < q->n_keys; i++)
            if (p->key == q->keys[i])
                return rank;
    }
    return 0;
}

static void add_time(struct cell *cell, double us)
{
    cell->us = grown(cell->us, cell->n, sizeof *cell->us);
    cell->us[cell->n++] = us;
}

static void result_row(char **c, int engine)
{
    size_t number = strtoull(c[0], NULL, 10);
    if (number >= t.n_queries)
        return;
    const struct query *q = &t.queries[number];
    int rank = rank_in(q, c[2]);
    struct cell *cells[2] = {&t.cells[engine][q->class], &t.cells[engine][CLASSES]};
    for (int k = 0; k < 2; k++) {
        tally_add(&cells[k]->side[q->held], rank);
        add_time(cells[k], atof(c[1]));
    }
}

static void stats_row(char **c, int engine)
{
    t.here[engine] = true;
    snprintf(t.version[engine], sizeof *t.version, "%s", c[1]);
    t.build_s[engine] = atof(c[2]);
    t.megabytes[engine] = atof(c[3]);
    snprintf(t.remarks[engine], sizeof *t.remarks, "%s", c[4]);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void read_folder(const char *folder)
{
    if (!each_row(folder, "items.tsv", item_row, 0) ||
        !each_row(folder, "queries.tsv", query_row, 0)) {
        fprintf(stderr, "compare_table: nothing to judge in %s\n", folder);
        exit(1);
    }
    qsort(t.items, t.n_items, sizeof *t.items, by_id);
    for (int e = 0; e < ENGINES; e++) {
        char name[64];
        snprintf(name, sizeof name, "stats-%s.tsv", engines[e]);
        if (!each_row(folder, name, stats_row, e))
            continue;
        snprintf(name, sizeof name, "results-%s.tsv", engines[e]);
        each_row(folder, name, result_row, e);
        for (size_t c = 0; c <= CLASSES; c++)
            qsort(t.cells[e][c].us, t.cells[e][c].n, sizeof(double), by_size);
    }
}

/* Printing. */

static void print_head(const char *first)
{
    printf("| %s |", first);
    for (int e = 0; e < ENGINES; e++)
        if (t.here[e])
            printf(" %s |", t.version[e]);
    printf("\n|---|");
    for (int e = 0; e < ENGINES; e++)
        if (t.here[e])
            printf("---|");
    putchar('\n');
}

static void print_measure(const struct cell *c, bool completes)
{
    for (int k = 0; k < 2; k++)
        if (c->side[k].asked)
            printf("%s%.3f", k && c->side[0].asked ? " / " : " ",
                   completes ? tally_share(&c->side[k], c->side[k].ten) : tally_mrr(&c->side[k]));
    printf(c->n ? " |" : " - |");
}

static void print_time(const struct cell *c)
{
    if (c->n)
        printf(" %.0f / %.0f |", c->us[c->n / 2], c->us[c->n * 99 / 100]);
    else
        printf(" - |");
}

static void print_row(const char *name, size_t class, bool times)
{
    printf("| %s |", name);
    for (int e = 0; e < ENGINES; e++) {
        if (!t.here[e])
            continue;
        if (times)
            print_time(&t.cells[e][class]);
        else
            print_measure(&t.cells[e][class], class < CLASSES && t.completes[class]);
    }
    putchar('\n');
}

static void print_numbers(const char *name, const double *v)
{
    printf("| %s |", name);
    for (int e = 0; e < ENGINES; e++)
        if (t.here[e])
            printf(v[e] < 10 ? " %.1f |" : " %.0f |", v[e]);
    putchar('\n');
}

static void print_asked(void)
{
    double v[ENGINES];
    bool all = true;
    for (int e = 0; e < ENGINES; e++) {
        v[e] = (double)t.cells[e][CLASSES].n;
        all &= !t.here[e] || t.cells[e][CLASSES].n == t.n_queries;
    }
    if (!all)
        print_numbers("queries asked before time ran out", v);
}

/* How much faster Segue is than the best rival at the median of the kinds. */
static void print_ratio(void)
{
    double of[CLASSES];
    size_t n = 0;
    bool slower = false;
    for (size_t c = 0; c < t.n_classes; c++) {
        double best = 0, own = t.cells[0][c].n ? t.cells[0][c].us[t.cells[0][c].n / 2] : 0;
        for (int e = 1; e < ENGINES; e++) {
            const struct cell *x = &t.cells[e][c];
            double us = x->n ? x->us[x->n / 2] : 0;
            if (us > 0 && (best == 0 || us < best))
                best = us;
        }
        if (own > 0 && best > 0)
            of[n++] = best / own;
        slower |= own > best && best > 0;
    }
    qsort(of, n, sizeof *of, by_size);
    if (n)
        printf("\nAt the median of the kinds Segue takes 1/%.1f of the time of the best rival of "
               "each%s; at the worst kind 1/%.1f.\n",
               of[n / 2], slower ? ", and is slower than one at some kind" : "", of[0]);
}

int main(int argc, char **argv)
{
    bool times = argc == 3 && !strcmp(argv[1], "times");
    if (argc != 3 || (!times && strcmp(argv[1], "relevance"))) {
        fprintf(stderr, "usage: compare_table relevance|times FOLDER\n");
        return 2;
    }
    read_folder(argv[2]);
    printf("%zu items, %zu queries.\n\n", t.n_items, t.n_queries);
    print_head(times ? "median / p99, microseconds" : "class");
    for (size_t c = 0; c < t.n_classes; c++)
        print_row(t.classes[c], c, times);
    print_row("all", CLASSES, times);
    if (!times)
        print_row("microseconds, median / p99", CLASSES, true);
    print_numbers("index, MB", t.megabytes);
    print_numbers("build, s", t.build_s);
    print_asked();
    if (times)
        print_ratio();
    return 0;
}
