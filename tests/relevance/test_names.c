/* test_names.c - are real names found however they are mistyped?
 *
 * The playlist archive, the Billboard charts and the Last.fm artists together in
 * one index. Every step-th name (SEGUE_TEST_RELEVANCE_STEP) is asked for in each
 * way of names.h: as a search for its kind, or, with SEGUE_TEST_RELEVANCE_TYPES
 * ("all" or a list), for all of these kinds; completions through suggest. Right
 * is whatever folds to the same title and lead artist. Wanted and present floors
 * are in floors.tsv, for the tuned two thirds and the held-out third alike.
 * SEGUE_TEST_RELEVANCE_MISSES=1 prints misses of the two thirds, never others;
 * SEGUE_TEST_RELEVANCE_REACHABLE=1 how much of each measure can be had at all.
 * SEGUE_TEST_RELEVANCE_CLASSES=text asks the classes whose name it holds, and no floors.
 * SEGUE_TEST_RELEVANCE_JUDGED=FILE writes those of the two thirds for train-ranker.
 * The data sets are not part of the project: skipped, loudly, without them.
 */
#include "tests/relevance/begun.h"
#include "tests/relevance/engine.h"
#include "tests/relevance/suite.h"
#include "tests/relevance/tally.h"
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEP = 800, DENSER = 16, COMPLETED_DENSER = 100, FIVE = 5, TEXT = 4096 };

static struct results {
    struct tally tally[NAME_CLASSES][2][NAME_SOURCES]; /* [1]: held out */
    double us[NAME_CLASSES];
    struct tally keys; /* asked: typed to the end; first: found on the way */
    double keystrokes, share_typed;
    struct completed {
        /* chance: of being among any five names begun so; weight: as people ask more for what
         * is known, each name as often as the root of its plays. */
        double chance, weight, weight_found;
        size_t known_first;                         /* fewer than five better known begin so */
        size_t missed_better_known, missed_crowded; /* five of these, or else of any, do */
    } completed[NAME_CLASSES][2];
} results;

static int rank_of(struct engine *x, struct sg_str q, const struct name_item *item)
{
    const char *types = getenv("SEGUE_TEST_RELEVANCE_TYPES");
    types = !types ? sg_kind_names[item->kind] : strcmp(types, "all") ? types : "";
    const struct sg_search_reply *reply = engine_search(x, q, types, TALLY_TEN);
    const struct sg_hit *h = reply->results.v;
    for (size_t i = 0; i < reply->results.n; i++)
        if (engine_hit_key(&h[i]) == item->key)
            return (int)i + 1;
    return 0;
}

static int place_of(struct engine *x, struct sg_str q, const struct name_item *item)
{
    const struct sg_suggest_reply *reply = engine_suggest(x, q, FIVE);
    const struct sg_suggestion *s = reply->suggestions.v;
    for (size_t i = 0; i < reply->suggestions.n; i++)
        if (engine_suggestion_key(&s[i]) == item->key)
            return (int)i + 1;
    return 0;
}

/* Types the name until it is among five completions. */
static void type_it(struct engine *x, const struct name_item *item)
{
    char text[TEXT];
    int n =
        snprintf(text, sizeof text, "%s%s%s", item->title, *item->artist ? " " : "", item->artist);
    struct sg_str whole = {text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1};
    size_t all = sg_utf8_count(whole), k = 0;
    int place = 0;
    while (!place && k < all)
        place = place_of(x, (struct sg_str){text, sg_utf8_prefix(whole, ++k)}, item);
    tally_add(&results.keys, place);
    results.keystrokes += (double)k;
    results.share_typed += (double)k / (double)all;
}

static void weigh(const struct begun *all, const struct name_item *item, enum name_class class,
                  struct sg_str q, bool found)
{
    struct begun_count begun = begun_so(all, q, item);
    struct completed *c = &results.completed[class][item->held];
    double weight = sqrt((double)item->plays + 1);
    c->chance += begun.all > FIVE ? FIVE / (double)begun.all : 1;
    c->weight += weight;
    c->weight_found += found ? weight : 0;
    c->known_first += begun.better_known < FIVE;
    c->missed_better_known += !found && begun.better_known >= FIVE;
    c->missed_crowded += !found && begun.better_known < FIVE && begun.all > FIVE;
}

/* Few names have marks; completions are cheap, and near what is wanted of them. */
static size_t step_of(enum name_class class, size_t step)
{
    size_t denser = class == NAME_NO_MARKS        ? DENSER
                    : name_class_completes(class) ? COMPLETED_DENSER
                                                  : 0;
    return denser ? step / denser + 1 : step;
}

static bool is_asked(const struct name_item *item, enum name_class class, size_t step)
{
    const char *only = getenv("SEGUE_TEST_RELEVANCE_CLASSES");
    return item->order % step_of(class, step) == 0 &&
           (!only || strstr(name_class_names[class], only));
}

/* For segue-query train-ranker, which holds out a third of these once more. */
static void write_judged(const struct name_item *item, enum name_class class, struct sg_str q)
{
    static FILE *file;
    const char *path = getenv("SEGUE_TEST_RELEVANCE_JUDGED");
    if (!path || item->held || name_class_completes(class) || memchr(q.p, '\t', q.n))
        return;
    file = file ? file : fopen(path, "w");
    ck_assert_msg(file != NULL, "%s cannot be written", path);
    fprintf(file, "%.*s\t%s\t%s%s%s\t%s\n", SG_FMT(q), sg_kind_names[item->kind], item->title,
            *item->artist ? " | " : "", item->artist, name_class_names[class]);
}

struct asker {
    struct engine engine;
    struct names names;
    struct begun *begun;
    size_t step;
};

static void ask_one(struct asker *a, const struct name_item *item, enum name_class class)
{
    char text[TEXT];
    struct sg_str q = {text, names_ask(&a->names, item, class, NAMES_SEED, text, sizeof text)};
    if (q.n == 0)
        return;
    struct engine *x = &a->engine;
    write_judged(item, class, q);
    int rank = name_class_completes(class) ? place_of(x, q, item) : rank_of(x, q, item);
    tally_add(&results.tally[class][item->held][item->source], rank);
    results.us[class] += (double)x->took_us;
    if (rank != 1 && !item->held && getenv("SEGUE_TEST_RELEVANCE_MISSES"))
        printf("  miss (%s, rank %d): \"%.*s\" for %s \"%s\" | %s\n", name_class_names[class], rank,
               SG_FMT(q), sg_kind_names[item->kind], item->title, item->artist);
    if (name_class_completes(class))
        weigh(a->begun, item, class, q, rank > 0);
    if (class == NAME_COMPLETION && item->order % a->step == 0)
        type_it(x, item);
}

static struct tally over_sources(enum name_class class, int held)
{
    struct tally t = {0};
    for (int s = 0; s < NAME_SOURCES; s++)
        tally_join(&t, &results.tally[class][held][s]);
    return t;
}

static double measure(const struct tally *t, enum name_class class)
{
    return name_class_completes(class) ? tally_share(t, t->ten) : tally_mrr(t);
}

static void print_classes(void)
{
    printf("\n%-20s %-9s %7s %8s %8s %8s %9s\n", "class", "side", "asked", "MRR@10", "first",
           "in ten", "mean us");
    for (int c = 0; c < NAME_CLASSES; c++)
        for (int held = 0; held < 2; held++) {
            struct tally t = over_sources(c, held), both = over_sources(c, !held);
            printf("%-20s %-9s %7zu %8.4f %8.4f %8.4f %9.0f%s\n", name_class_names[c],
                   held ? "held out" : "tuned", t.asked, tally_mrr(&t), tally_share(&t, t.first),
                   tally_share(&t, t.ten), results.us[c] / (double)(t.asked + both.asked),
                   name_class_completes(c) ? "  (in ten: in five)" : "");
        }
    const struct tally *k = &results.keys;
    printf("keystrokes until among five completions: %.1f, %.1f %% of the name; never: %.1f %%\n",
           results.keystrokes / (double)k->asked, 100 * results.share_typed / (double)k->asked,
           100 - 100 * tally_share(k, k->ten));
}

static void print_completed(enum name_class class, int held)
{
    const struct completed *c = &results.completed[class][held];
    struct tally t = over_sources(class, held);
    double asked = (double)t.asked, missed = (double)(t.asked - t.ten);
    if (t.asked == 0)
        return;
    printf("%-20s %-9s %8.4f %8.4f %8.4f %8.4f %9.4f %9.4f %9.4f\n", name_class_names[class],
           held ? "held out" : "tuned", tally_share(&t, t.ten), c->weight_found / c->weight,
           c->chance / asked, (double)c->known_first / asked,
           (double)c->missed_better_known / asked, (double)c->missed_crowded / asked,
           (missed - (double)(c->missed_better_known + c->missed_crowded)) / asked);
}

static void print_completions(void)
{
    printf(
        "\ncompletions in five: found; found when asked as often as the root of plays; any five\n"
        "of the names begun so; the five best known; and missed because five better known or,\n"
        "else, five others begin so; missed otherwise\n%-30s %8s %8s %8s %8s %9s %9s %9s\n",
        "", "found", "by root", "any", "known", "-known", "-others", "-else");
    for (int c = 0; c < NAME_CLASSES; c++)
        for (int held = 0; held < 2 && name_class_completes(c); held++)
            print_completed(c, held);
}

static void print_sources(void)
{
    printf("\nMRR@10, tuned / held out (completion: share in five)\n%-20s", "class");
    for (int s = 0; s < NAME_SOURCES; s++)
        printf(" %18s", name_source_names[s]);
    for (int c = 0; c < NAME_CLASSES; c++) {
        printf("\n%-20s", name_class_names[c]);
        for (int s = 0; s < NAME_SOURCES; s++) {
            double v[2];
            for (int held = 0; held < 2; held++) {
                const struct tally *t = &results.tally[c][held][s];
                v[held] = measure(t, c);
            }
            printf("      %.3f / %.3f", v[0], v[1]);
        }
    }
    printf("\n\n");
}

/* Slow: over all names. */
static void print_reachable(const struct names *names)
{
    printf("the most that any engine can reach (MRR@10, completions: in five), all names:\n");
    for (int c = 0; c < NAME_CLASSES; c++)
        printf("%-20s %8.4f\n", name_class_names[c], names_reachable(names, c, NAMES_SEED));
}

static void check_floors(void)
{
    bool all_hold = true;
    for (int c = 0; c < NAME_CLASSES; c++)
        for (int held = 0; held < 2; held++) {
            struct tally t = over_sources(c, held);
            ck_assert_msg(t.asked > 0, "nothing asked: %s", name_class_names[c]);
            all_hold &= floor_holds(held ? "names, held out" : "names, tuned", name_class_names[c],
                                    measure(&t, c));
        }
    ck_assert_msg(all_hold, "a measure fell under its floor");
}

static void asker_init(struct asker *a)
{
    a->step = relevance_number("SEGUE_TEST_RELEVANCE_STEP", STEP);
    engine_init(&a->engine);
    engine_import_names(&a->engine);
    engine_index(&a->engine);
    names_read(&a->names, a->engine.c);
    a->begun = begun_new(&a->names);
}

static void asker_fini(struct asker *a)
{
    begun_free(a->begun);
    names_free(&a->names);
    engine_fini(&a->engine);
}

START_TEST(real_names_are_found_however_they_are_mistyped)
{
    struct asker a;
    asker_init(&a);
    const struct names *names = &a.names;
    for (size_t i = 0; i < names->n; i++)
        for (int c = 0; c < NAME_CLASSES; c++)
            if (is_asked(&names->v[i], c, a.step))
                ask_one(&a, &names->v[i], c);
    printf(
        "%zu names, every %zu-th asked for, every %zu-th without marks, every %zu-th completed\n",
        names->n, a.step, step_of(NAME_NO_MARKS, a.step), step_of(NAME_COMPLETION, a.step));
    print_classes();
    print_completions();
    print_sources();
    if (getenv("SEGUE_TEST_RELEVANCE_REACHABLE"))
        print_reachable(names);
    asker_fini(&a);
    if (!getenv("SEGUE_TEST_RELEVANCE_CLASSES"))
        check_floors();
}
END_TEST

int main(void)
{
    if (!engine_has_datasets())
        return 77;
    const TTest *const tests[] = {real_names_are_found_however_they_are_mistyped};
    return relevance_run("names", tests, sizeof tests / sizeof *tests, 3000);
}
