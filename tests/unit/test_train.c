/* Judged queries, and weights fitted to them. */
#include "query/train.h"
#include <check.h>
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_error err;

static struct sg_hit song(const char *title, struct sg_artist_ref *artist)
{
    return (struct sg_hit){.type = SG_STR("song"), .title = sg_str(title), .artist = artist};
}

START_TEST(lines_become_judged_queries)
{
    struct sg_list l;
    struct sg_str text = SG_STR("# comment\nhelo adele\tsong\tHello | Adele\ttypo\n\nqueen\tany\t"
                                "Queen\r\n");
    ck_assert_int_eq(sg_judged_parse(&l, "f", text, &arena, &err), 0);
    const struct sg_judged *j = l.v;
    ck_assert_uint_eq(l.n, 2);
    ck_assert(sg_str_eq(j[0].query, SG_STR("helo adele")) && sg_str_eq(j[0].group, SG_STR("typo")));
    ck_assert(sg_str_eq(j[1].expected, SG_STR("Queen")) && j[1].group.n == 0);
}
END_TEST

START_TEST(wrong_lines_are_named)
{
    static const char *const wrong[] = {"queen\n", "queen\tany\t\n", "\tany\tQueen",
                                        "a\tany\tA\nqueen\tband\tQueen\n"};
    struct sg_list l;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_int_eq(sg_judged_parse(&l, "f", sg_str(wrong[i]), &arena, &err), SG_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "f:2: "));
}
END_TEST

START_TEST(an_answer_has_the_type_the_title_and_the_artist)
{
    struct sg_artist_ref adele = {1, SG_STR("Adele")};
    struct sg_hit h = song("Hello", &adele);
    struct sg_judged j = {.type = SG_STR("song"), .expected = SG_STR("HELLO | ADELE")};
    ck_assert(sg_judged_is_answer(&j, &h));
    j.expected = SG_STR("Skyfall || Hello");
    ck_assert(sg_judged_is_answer(&j, &h));
    j.expected = SG_STR("Hello | Lionel Richie");
    ck_assert(!sg_judged_is_answer(&j, &h));
    j.expected = SG_STR("Hello"), j.type = SG_STR("album");
    ck_assert(!sg_judged_is_answer(&j, &h));
}
END_TEST

/* The answer is the more popular of two; at first popularity counts against it. */
START_TEST(fitting_moves_weights_and_leaves_held_out_queries_alone)
{
    float values[2][SG_FEATURES] = {{0}};
    bool is_answer[] = {true, false};
    struct sg_judged seen = {0}, held = {.held_out = true};
    struct sg_observed o[] = {{&seen, 2, 0, values, is_answer}, {&held, 2, 0, values, is_answer}};
    struct sg_weights w = {0};
    values[0][SG_F_POPULARITY] = 1;
    w.w[SG_F_POPULARITY] = -1;
    ck_assert_double_eq(sg_train_mrr(o, 2, &w, false), 0.5);
    ck_assert_double_eq(sg_train_fit(o, 1, &w, 4, 1ull << SG_F_POPULARITY), 0.5);
    ck_assert_float_eq(w.w[SG_F_POPULARITY], -1);
    ck_assert_double_eq(sg_train_fit(o, 1, &w, 4, 0), 1);
    ck_assert_float_gt(w.w[SG_F_POPULARITY], 0);
    ck_assert_double_eq(sg_train_mrr(o, 2, &w, true), 1);
    ck_assert_float_eq(w.w[SG_F_EVIDENCE], 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("train");
    TCase *c = tcase_create("all");
    tcase_add_test(c, lines_become_judged_queries);
    tcase_add_test(c, wrong_lines_are_named);
    tcase_add_test(c, an_answer_has_the_type_the_title_and_the_artist);
    tcase_add_test(c, fitting_moves_weights_and_leaves_held_out_queries_alone);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    sg_arena_free(&arena);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
