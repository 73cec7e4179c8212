#include "index/postings.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { documents = 5000, many_documents = 70000 };

/* Document i holds terms W<m> and G<m> for each m that divides i, and Q: W terms
 * are kept by Xapian, G terms in lists of their own. */
static const unsigned divisors[] = {2, 3, 5, 7, 11, 97, 1009};
enum { n_divisors = sizeof divisors / sizeof *divisors };

static void add(struct sg_postings_writer *w, const char *term)
{
    ck_assert_int_eq(sg_postings_writer_term(w, sg_str(term), NULL), 0);
}

static void write_numbers(const char *path, unsigned from, unsigned to, bool words)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_postings_writer *w;
    ck_assert_msg(sg_postings_writer_open(&w, path, &e) == 0, "%s", e.text);
    for (unsigned i = from; i < to; i++) {
        char term[16];
        add(w, "Q");
        for (size_t m = 0; m < n_divisors; m++) {
            snprintf(term, sizeof term, "W%u", divisors[m]);
            if (i % divisors[m])
                continue;
            if (words)
                add(w, term);
            term[0] = 'G';
            add(w, term);
        }
        ck_assert_int_eq(sg_postings_writer_end(w, &e), 0);
    }
    ck_assert_msg(sg_postings_writer_finish(w, &e) == 0, "%s", e.text);
}

static struct sg_postings *open_at(const char *path)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_postings *p;
    ck_assert_msg(sg_postings_open(&p, path, &e) == 0, "%s", e.text);
    return p;
}

/* In three shards, one of them empty. */
static struct sg_postings *numbers(void)
{
    const char *dir = test_scratch();
    const char *shards[] = {test_path(dir, "a"), test_path(dir, "b"), test_path(dir, "c")};
    struct sg_error e = SG_ERROR_INIT;
    write_numbers(shards[0], 1, 2000, true);
    write_numbers(shards[1], 2000, 2000, true);
    write_numbers(shards[2], 2000, documents + 1, true);
    const char *path = test_path(dir, "text");
    ck_assert_msg(sg_postings_merge(shards, 3, path, &e) == 0, "%s", e.text);
    return open_at(path);
}

/* Without words, which take long to write: of several windows (lists.h). */
static struct sg_postings *many_numbers(void)
{
    const char *path = test_path(test_scratch(), "many");
    write_numbers(path, 1, many_documents + 1, false);
    return open_at(path);
}

struct want {
    struct sg_str terms[SG_GROUP_TERMS_MAX];
    char text[SG_GROUP_TERMS_MAX][16];
    unsigned divisors[SG_GROUP_TERMS_MAX];
    size_t n;
    bool negate;
    bool listed; /* G terms only */
};

static bool holds(const struct want *w, unsigned i)
{
    for (size_t t = 0; t < w->n; t++)
        if (i % w->divisors[t] == 0)
            return true;
    return false;
}

static bool matches(const struct want *w, size_t n, unsigned i)
{
    for (size_t g = 0; g < n; g++)
        if (holds(&w[g], i) == w[g].negate)
            return false;
    return true;
}

static void want(struct want *w, unsigned divisor)
{
    snprintf(w->text[w->n], sizeof w->text[0], "%c%u", w->listed ? 'G' : "WG"[rand() % 2], divisor);
    w->terms[w->n] = sg_str(w->text[w->n]);
    w->divisors[w->n++] = divisor;
}

static void begin(struct sg_postings *p, const struct want *w, size_t n)
{
    struct sg_term_group groups[SG_GROUPS_MAX];
    struct sg_error e = SG_ERROR_INIT;
    for (size_t g = 0; g < n; g++)
        groups[g] = (struct sg_term_group){w[g].terms, w[g].n, w[g].negate};
    ck_assert_msg(sg_postings_begin(p, groups, n, &e) == 0, "%s", e.text);
}

/* Reads everything, `chunk` at a time, against the arithmetic. */
static void assert_matches(struct sg_postings *p, const struct want *w, size_t n, size_t chunk)
{
    static uint32_t got[documents];
    unsigned expected = 1, last = sg_postings_count(p);
    begin(p, w, n);
    for (int count; (count = sg_postings_next(p, got, chunk, NULL)) != 0;) {
        ck_assert_int_gt(count, 0);
        for (int i = 0; i < count; i++) {
            while (expected <= last && !matches(w, n, expected))
                expected++;
            ck_assert_uint_eq(got[i], expected++);
        }
    }
    while (expected <= last)
        ck_assert(!matches(w, n, expected++));
}

static void assert_random_groups(struct sg_postings *p, int rounds, bool listed)
{
    static struct want w[5];
    srand(1);
    for (int round = 0; round < rounds; round++) {
        size_t n = 1 + (size_t)rand() % 5;
        memset(w, 0, sizeof w);
        for (size_t g = 0; g < n; g++) {
            w[g].listed = listed;
            w[g].negate = g && rand() % 3 == 0;
            for (int t = rand() % 4; t >= 0; t--)
                want(&w[g], divisors[rand() % n_divisors]);
        }
        assert_matches(p, w, n, (size_t[]){1, 7, 100, documents}[rand() % 4]);
    }
    sg_postings_close(p);
}

START_TEST(random_groups_match_as_arithmetic_says)
{
    assert_random_groups(numbers(), 300, false);
}
END_TEST

START_TEST(groups_of_common_terms_match_across_windows)
{
    assert_random_groups(many_numbers(), 15, true);
}
END_TEST

START_TEST(a_match_ends_when_its_work_is_used_up)
{
    struct sg_postings *p = many_numbers();
    static struct want w[2];
    static uint32_t all[many_documents], some[many_documents];
    bool cut;
    memset(w, 0, sizeof w);
    w[0].listed = w[1].listed = true;
    want(&w[0], divisors[0]);
    want(&w[1], divisors[1]);
    begin(p, w, 2);
    int n = sg_postings_next(p, all, many_documents, NULL);
    uint64_t work = sg_postings_work(p, &cut);
    ck_assert(!cut);
    ck_assert_uint_gt(work, 0);

    begin(p, w, 2);
    sg_postings_limit(p, work / 8);
    int less = sg_postings_next(p, some, many_documents, NULL);
    sg_postings_work(p, &cut);
    ck_assert(cut);
    ck_assert_int_gt(less, 0);
    ck_assert_int_lt(less, n);
    ck_assert_mem_eq(some, all, (size_t)less * sizeof *all);
    ck_assert_int_eq(sg_postings_next(p, some, many_documents, NULL), 0);

    begin(p, w, 2);
    ck_assert_int_eq(sg_postings_next(p, some, many_documents, NULL), n);
    sg_postings_close(p);
}
END_TEST

START_TEST(shards_merged_equal_a_single_one)
{
    const char *one = test_path(test_scratch(), "one");
    write_numbers(one, 1, documents + 1, true);
    struct sg_postings *a = open_at(one), *b = numbers();
    struct sg_term_group all = {(struct sg_str[]){SG_STR("Q")}, 1, false};
    static uint32_t x[documents + 1], y[documents + 1];
    ck_assert_uint_eq(sg_postings_count(a), sg_postings_count(b));
    for (size_t m = 0; m < n_divisors; m++) {
        char term[16];
        snprintf(term, sizeof term, "W%u", divisors[m]);
        ck_assert_uint_eq(sg_postings_frequency(a, sg_str(term)), documents / divisors[m]);
        ck_assert_uint_eq(sg_postings_frequency(b, sg_str(term)), documents / divisors[m]);
        term[0] = 'G';
        ck_assert_uint_eq(sg_postings_frequency(a, sg_str(term)), documents / divisors[m]);
        ck_assert_uint_eq(sg_postings_frequency(b, sg_str(term)), documents / divisors[m]);
    }
    ck_assert_int_eq(sg_postings_begin(a, &all, 1, NULL), 0);
    ck_assert_int_eq(sg_postings_begin(b, &all, 1, NULL), 0);
    ck_assert_int_eq(sg_postings_next(a, x, documents + 1, NULL), documents);
    ck_assert_int_eq(sg_postings_next(b, y, documents + 1, NULL), documents);
    ck_assert_mem_eq(x, y, documents * sizeof *x);
    sg_postings_close(a);
    sg_postings_close(b);
}
END_TEST

START_TEST(estimates_are_exact_for_one_term_and_sane_for_more)
{
    struct sg_postings *p = numbers();
    static struct want w[2];
    memset(w, 0, sizeof w);
    want(&w[0], 2);
    begin(p, w, 1);
    ck_assert_uint_eq(sg_postings_estimate(p), documents / 2);
    want(&w[1], 5);
    begin(p, w, 2);
    ck_assert_uint_eq(sg_postings_estimate(p), documents / 10);
    w[1].negate = true;
    begin(p, w, 2);
    ck_assert_uint_eq(sg_postings_estimate(p), documents / 2 * 4 / 5);
    sg_postings_close(p);
}
END_TEST

START_TEST(unknown_terms_match_nothing)
{
    struct sg_postings *p = numbers();
    struct sg_str terms[] = {SG_STR("Wnothing"), SG_STR("W2")};
    struct sg_term_group groups[] = {{terms + 1, 1, false}, {terms, 1, false}};
    uint32_t got[4];
    ck_assert_int_eq(sg_postings_begin(p, groups, 2, NULL), 0);
    ck_assert_int_eq(sg_postings_next(p, got, 4, NULL), 0);
    ck_assert_uint_eq(sg_postings_estimate(p), 0);
    groups[1].negate = true;
    ck_assert_int_eq(sg_postings_begin(p, groups, 2, NULL), 0);
    ck_assert_int_eq(sg_postings_next(p, got, 4, NULL), 4);
    groups[1] = (struct sg_term_group){terms, 2, false};
    ck_assert_int_eq(sg_postings_begin(p, groups, 2, NULL), 0);
    ck_assert_int_eq(sg_postings_next(p, got, 4, NULL), 4);
    ck_assert_uint_eq(sg_postings_frequency(p, terms[0]), 0);
    sg_postings_close(p);
}
END_TEST

START_TEST(bad_groups_are_refused_and_leave_nothing_running)
{
    struct sg_postings *p = numbers();
    static char text[300];
    static struct sg_str many[SG_GROUP_TERMS_MAX + 1];
    static struct sg_term_group groups[SG_GROUPS_MAX + 1];
    struct sg_str good = SG_STR("Q"), long_term = {text, 246}, zeros = {"\0\0\0", 3};
    memset(text, 'x', sizeof text);
    uint32_t got;
    for (size_t i = 0; i <= SG_GROUP_TERMS_MAX; i++)
        many[i] = good;
    for (size_t i = 0; i <= SG_GROUPS_MAX; i++)
        groups[i] = (struct sg_term_group){&good, 1, false};
    ck_assert_int_eq(sg_postings_begin(p, groups, SG_GROUPS_MAX, NULL), 0);
    ck_assert_int_eq(sg_postings_begin(p, groups, SG_GROUPS_MAX + 1, NULL), SG_EINVAL);
    ck_assert_int_eq(sg_postings_begin(p, groups, 0, NULL), SG_EINVAL);
    groups[0].negate = true;
    ck_assert_int_eq(sg_postings_begin(p, groups, 1, NULL), SG_EINVAL);
    groups[0] = (struct sg_term_group){&long_term, 1, false};
    ck_assert_int_eq(sg_postings_begin(p, groups, 1, NULL), SG_EINVAL);
    ck_assert_int_eq(sg_postings_next(p, &got, 1, NULL), 0);
    groups[0] = (struct sg_term_group){many, SG_GROUP_TERMS_MAX + 1, false};
    ck_assert_int_eq(sg_postings_begin(p, groups, 1, NULL), SG_EINVAL);
    groups[0] = (struct sg_term_group){&zeros, 1, false};
    ck_assert_int_eq(sg_postings_begin(p, groups, 1, NULL), 0);
    groups[0] = (struct sg_term_group){many, 0, false};
    ck_assert_int_eq(sg_postings_begin(p, groups, 1, NULL), 0);
    ck_assert_int_eq(sg_postings_next(p, &got, 1, NULL), 0);
    sg_postings_close(p);
}
END_TEST

START_TEST(a_kind_without_documents_is_a_valid_database)
{
    const char *dir = test_scratch();
    const char *shards[] = {test_path(dir, "a")};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str q = SG_STR("Q");
    struct sg_term_group all = {&q, 1, false};
    uint32_t got;
    write_numbers(shards[0], 1, 1, true);
    ck_assert_msg(sg_postings_merge(shards, 1, test_path(dir, "t"), &e) == 0, "%s", e.text);
    struct sg_postings *p = open_at(test_path(dir, "t"));
    ck_assert_uint_eq(sg_postings_count(p), 0);
    ck_assert_int_eq(sg_postings_begin(p, &all, 1, NULL), 0);
    ck_assert_int_eq(sg_postings_next(p, &got, 1, NULL), 0);
    ck_assert_uint_eq(sg_postings_estimate(p), 0);
    sg_postings_close(p);
}
END_TEST

START_TEST(documents_are_found_by_their_words_and_filters)
{
    const char *dir = test_scratch();
    struct sg_arena a = {0};
    struct sg_document d = {.kind = SG_SONG,
                            .id = 1,
                            .title = sg_document_text(&a, SG_STR("Für Elise")),
                            .n_artists = 1,
                            .artists = {SG_STR("beethoven")},
                            .artist_ids = {5},
                            .year = 1810};
    struct sg_postings_writer *w;
    ck_assert_int_eq(sg_postings_writer_open(&w, test_path(dir, "t"), NULL), 0);
    ck_assert_int_eq(sg_postings_writer_add(w, &d, NULL), 0);
    d.title = sg_document_text(&a, SG_STR("Für Alina"));
    d.year = 1976;
    ck_assert_int_eq(sg_postings_writer_add(w, &d, NULL), 0);
    ck_assert_int_eq(sg_postings_writer_finish(w, NULL), 0);

    struct sg_postings *p = open_at(test_path(dir, "t"));
    struct sg_str fur = SG_STR("Wfur"), al = SG_STR("Pal"), year = SG_STR("Y1976");
    struct sg_term_group groups[] = {{&fur, 1, false}, {&al, 1, false}, {&year, 1, false}};
    uint32_t got[2];
    ck_assert_uint_eq(sg_postings_frequency(p, fur), 2);
    ck_assert_int_eq(sg_postings_begin(p, groups, 3, NULL), 0);
    ck_assert_int_eq(sg_postings_next(p, got, 2, NULL), 1);
    ck_assert_uint_eq(got[0], 2);
    sg_postings_close(p);
    sg_arena_free(&a);
}
END_TEST

static void spoil(const char *path, const char *name, long at)
{
    FILE *f = fopen(test_path(path, name), "r+b");
    ck_assert_ptr_nonnull(f);
    fseek(f, at, SEEK_SET);
    for (int i = 0; i < 8192; i++)
        fputc(0xee, f);
    fclose(f);
}

START_TEST(damage_is_an_error_not_an_exception)
{
    const char *dir = test_scratch();
    const char *path = test_path(dir, "t");
    struct sg_error e = SG_ERROR_INIT;
    struct sg_postings *p;
    struct sg_str q = SG_STR("Q");
    struct sg_term_group all = {&q, 1, false};
    static uint32_t got[documents];
    ck_assert_int_eq(sg_postings_open(&p, path, &e), SG_ENOENT);
    write_numbers(path, 1, documents + 1, true);
    spoil(path, "postlist.glass", 0);
    spoil(path, "postlist.glass", 8192);
    int rc = sg_postings_open(&p, path, &e);
    if (!rc) {
        rc = sg_postings_begin(p, &all, 1, &e);
        if (!rc)
            rc = sg_postings_next(p, got, documents, &e);
        sg_postings_close(p);
    }
    ck_assert_msg(rc == SG_ECORRUPT || rc == SG_EIO || rc >= 0, "%d %s", rc, e.text);
    spoil(path, "iamglass", 0);
    ck_assert_int_eq(sg_postings_open(&p, path, &e), SG_ECORRUPT);
}
END_TEST

START_TEST(a_full_disk_is_said_as_no_space)
{
    const char *dir = test_scratch_small(200 << 10);
    struct sg_error e = SG_ERROR_INIT;
    struct sg_postings_writer *w;
    if (!dir)
        return;
    int rc = 0;
    ck_assert_int_eq(sg_postings_writer_open(&w, test_path(dir, "t"), &e), 0);
    for (unsigned i = 0; !rc && i < 20000; i++) {
        char term[32];
        snprintf(term, sizeof term, "Wword%u", i);
        rc = sg_postings_writer_term(w, sg_str(term), &e);
        if (!rc)
            rc = sg_postings_writer_end(w, &e);
    }
    if (rc)
        sg_postings_writer_abort(w);
    else
        rc = sg_postings_writer_finish(w, &e);
    ck_assert_msg(rc == SG_ENOSPC, "%d %s", rc, e.text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("postings");
    TCase *c = tcase_create("postings");
    tcase_add_test(c, random_groups_match_as_arithmetic_says);
    tcase_add_test(c, groups_of_common_terms_match_across_windows);
    tcase_add_test(c, a_match_ends_when_its_work_is_used_up);
    tcase_add_test(c, shards_merged_equal_a_single_one);
    tcase_add_test(c, estimates_are_exact_for_one_term_and_sane_for_more);
    tcase_add_test(c, unknown_terms_match_nothing);
    tcase_add_test(c, bad_groups_are_refused_and_leave_nothing_running);
    tcase_add_test(c, a_kind_without_documents_is_a_valid_database);
    tcase_add_test(c, documents_are_found_by_their_words_and_filters);
    tcase_add_test(c, damage_is_an_error_not_an_exception);
    tcase_add_test(c, a_full_disk_is_said_as_no_space);
    tcase_set_timeout(c, 300);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
