/* test_queries.c - hand-made queries in many languages, and what a person
 * expects of them (queries.tsv), over a catalogue of real works (catalogue.tsv).
 *
 * Prints MRR@10 by class and in all, and every query whose right answer did not
 * come first, with what did: not so for queries_held.tsv, of which there are only
 * figures. Floors are in floors.tsv. SEGUE_TEST_RELEVANCE_CLASS asks one class alone.
 */
#include "tests/relevance/judged.h"
#include "tests/relevance/suite.h"
#include "tests/relevance/tally.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLASSES_MAX = 64 };

static struct class
{
    const char *name;
    struct tally tally[2]; /* [1]: held out */
} classes[CLASSES_MAX];
static size_t n_classes;

static struct tally *tallies_of(const char *name)
{
    for (size_t i = 0; i < n_classes; i++)
        if (!strcmp(classes[i].name, name))
            return classes[i].tally;
    ck_assert_uint_lt(n_classes, CLASSES_MAX);
    classes[n_classes].name = name;
    return classes[n_classes++].tally;
}

static void print_miss(const struct judged_query *q, int rank, const struct sg_search_reply *reply)
{
    const struct sg_hit *h = reply->results.v;
    struct sg_str expected = {q->expected, strcspn(q->expected, "|")};
    const char *bar = strstr(q->expected, " || ");
    expected.n = bar ? (size_t)(bar - q->expected) : strlen(q->expected);
    printf("  %-10s rank %d: '%s' -> %.*s%s; first:", q->class, rank, q->text, SG_FMT(expected),
           bar ? " (or ...)" : "");
    if (reply->results.n == 0)
        printf(" nothing");
    else
        printf(" %.*s %.*s%s%.*s", SG_FMT(h->type), SG_FMT(h->title.n ? h->title : h->name),
               h->artist ? " | " : "", SG_FMT(h->artist ? h->artist->name : SG_STR_NONE));
    printf("%s%.*s%s%.*s\n", reply->relaxed.n ? "; relaxed: " : "", SG_FMT(reply->relaxed),
           reply->corrected.n ? "; read as: " : "", SG_FMT(reply->corrected));
}

static void ask(struct engine *x, const struct judged_query *q)
{
    const struct sg_search_reply *reply = engine_search(x, sg_str(q->text), q->types, TALLY_TEN);
    const struct sg_hit *h = reply->results.v;
    int rank = 0;
    for (size_t i = 0; !rank && i < reply->results.n; i++)
        if (judged_right(q, engine_hit_key(&h[i])))
            rank = (int)i + 1;
    tally_add(&tallies_of(q->class)[q->held], rank);
    if (rank != 1 && !q->held)
        print_miss(q, rank, reply);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct class *)a)->name, ((const struct class *)b)->name);
}

static void print_class(const char *name, const struct tally *t)
{
    printf("%-12s", name);
    for (int held = 0; held < 2; held++)
        printf(" %6zu %8.4f %8.4f %8.4f %s", t[held].asked, tally_mrr(&t[held]),
               tally_share(&t[held], t[held].first), tally_share(&t[held], t[held].ten),
               held ? "\n" : "  |");
}

static void print_classes(struct tally all[2])
{
    qsort(classes, n_classes, sizeof *classes, by_name);
    printf("\n%-12s %6s %8s %8s %8s   | held out:\n", "class", "asked", "MRR@10", "first",
           "in ten");
    for (size_t i = 0; i < n_classes; i++) {
        print_class(classes[i].name, classes[i].tally);
        for (int held = 0; held < 2; held++)
            tally_join(&all[held], &classes[i].tally[held]);
    }
    print_class("all", all);
}

START_TEST(a_person_finds_what_the_query_means)
{
    const char *only = getenv("SEGUE_TEST_RELEVANCE_CLASS");
    struct engine x;
    struct judged j;
    judged_read(&j);
    engine_init(&x);
    judged_import(&x);
    engine_index(&x);
    printf("not first:\n");
    for (size_t i = 0; i < j.n; i++)
        if (!only || !strcmp(only, j.v[i].class))
            ask(&x, &j.v[i]);
    struct tally all[2] = {0};
    print_classes(all);
    bool holds = only || (floor_holds("queries", "all", tally_mrr(&all[0])) &
                          floor_holds("queries, held out", "all", tally_mrr(&all[1])));
    engine_fini(&x);
    judged_free(&j);
    ck_assert_msg(holds, "a measure fell under its floor");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_person_finds_what_the_query_means};
    return relevance_run("queries", tests, sizeof tests / sizeof *tests, 900);
}
