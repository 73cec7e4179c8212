/* harness.c - see harness.h. */
#include "tests/relevance/rivals/harness.h"
#include "core/clock.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CELLS = 8, IDS = 10 };
static char answer[IDS][32];
static size_t n_answer;

void rival_die(const char *what, const char *why)
{
    fprintf(stderr, "rival: %s: %s\n", what, why);
    exit(1);
}

void rival_answer(const char *id)
{
    for (size_t i = 0; i < n_answer; i++)
        if (!strcmp(answer[i], id))
            return;
    if (n_answer < IDS)
        snprintf(answer[n_answer++], sizeof *answer, "%s", id);
}

size_t rival_answered(void)
{
    return n_answer;
}

void rival_plain(char *out, size_t cap, const char *text)
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p && n + 2 < cap; p++) {
        bool keep = *p >= 128 || isalnum(*p);
        if (keep)
            out[n++] = (char)tolower(*p);
        else if (*p != '\'' && n && out[n - 1] != ' ')
            out[n++] = ' ';
    }
    while (n && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, mode);
    if (!f)
        rival_die(path, "cannot be opened");
    return f;
}

/* Cells of the next line; false at the end. */
static bool next_row(FILE *f, char **line, size_t *cap, char **cells)
{
    if (getline(line, cap, f) <= 0)
        return false;
    (*line)[strcspn(*line, "\n")] = '\0';
    char *p = *line;
    for (int i = 0; i < CELLS; i++) {
        cells[i] = p ? p : "";
        p = p ? strchr(p, '\t') : NULL;
        if (p)
            *p++ = '\0';
    }
    return true;
}

static void add_items(struct rival *r, const char *folder)
{
    FILE *f = open_in(folder, "items.tsv", "r");
    char *line = NULL, *c[CELLS];
    size_t cap = 0;
    while (next_row(f, &line, &cap, c))
        r->add(r->ctx,
               &(struct rival_item){c[0], c[1], c[2], c[3], c[4], c[5], strtoull(c[6], NULL, 10)});
    free(line);
    fclose(f);
}

static void ask_one(struct rival *r, FILE *out, char **c)
{
    struct rival_query q = {c[0], c[3], c[6], strcmp(c[4], "suggest") ? 10 : 5};
    n_answer = 0;
    int64_t from = sg_now_us();
    r->ask(r->ctx, &q);
    fprintf(out, "%s\t%lld\t", c[0], (long long)(sg_now_us() - from));
    for (size_t i = 0; i < n_answer && i < (size_t)q.limit; i++)
        fprintf(out, "%s%s", i ? "," : "", answer[i]);
    fputc('\n', out);
}

static void ask_all(struct rival *r, const char *folder)
{
    const char *seconds = getenv("SEGUE_COMPARE_SECONDS");
    int64_t end = sg_now_us() + (seconds ? atoll(seconds) : 600) * 1000000;
    char name[64], *line = NULL, *c[CELLS];
    size_t cap = 0;
    FILE *f = open_in(folder, "queries.tsv", "r");
    snprintf(name, sizeof name, "results-%s.tsv", r->name);
    FILE *out = open_in(folder, name, "w");
    while (sg_now_us() < end && next_row(f, &line, &cap, c))
        ask_one(r, out, c);
    free(line);
    fclose(f);
    if (fclose(out))
        rival_die(name, "cannot be written");
}

void rival_run(struct rival *r, const char *folder)
{
    char name[64];
    int64_t from = sg_now_us();
    add_items(r, folder);
    r->built(r->ctx, r);
    double build = (double)(sg_now_us() - from) / 1e6;
    ask_all(r, folder);
    snprintf(name, sizeof name, "stats-%s.tsv", r->name);
    FILE *f = open_in(folder, name, "w");
    fprintf(f, "%s\t%s\t%.1f\t%.1f\t%s\n", r->name, r->version, build, r->index_megabytes,
            r->remarks);
    fclose(f);
}
