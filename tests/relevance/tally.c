/* tally.c - see tally.h. */
#include "tests/relevance/tally.h"
#include "tests/support/pg.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tally_add(struct tally *t, int rank)
{
    t->asked++;
    t->first += rank == 1;
    t->ten += rank > 0 && rank <= TALLY_TEN;
    if (rank > 0 && rank <= TALLY_TEN)
        t->reciprocal += 1.0 / rank;
}

void tally_join(struct tally *t, const struct tally *other)
{
    t->asked += other->asked;
    t->first += other->first;
    t->ten += other->ten;
    t->reciprocal += other->reciprocal;
}

double tally_mrr(const struct tally *t)
{
    return t->asked ? t->reciprocal / (double)t->asked : 0;
}

double tally_share(const struct tally *t, size_t n)
{
    return t->asked ? (double)n / (double)t->asked : 0;
}

bool floor_find(struct floor *out, const char *test, const char *measure)
{
    char path[600], line[256], a[64], b[64];
    bool found = false;
    snprintf(path, sizeof path, "%s/tests/relevance/floors.tsv", test_source_dir());
    FILE *f = fopen(path, "r");
    while (f && !found && fgets(line, sizeof line, f))
        found = sscanf(line, "%63[^\t]\t%63[^\t]\t%lf\t%lf", a, b, &out->wanted, &out->now) == 4 &&
                !strcmp(a, test) && !strcmp(b, measure);
    if (f)
        fclose(f);
    return found;
}

bool floor_holds(const char *test, const char *measure, double value)
{
    const char *strict = getenv("SEGUE_TEST_RELEVANCE_STRICT");
    struct floor f;
    if (!floor_find(&f, test, measure))
        return true;
    double bar = strict && *strict == '1' ? f.wanted : f.now;
    if (value < f.wanted)
        printf("below what is wanted: %s, %s: %.4f of %.2f (floor %.3f)\n", test, measure, value,
               f.wanted, f.now);
    if (value < bar)
        printf("UNDER THE FLOOR: %s, %s: %.4f, floor %.3f\n", test, measure, value, bar);
    return value >= bar;
}
