/* test_evaluate_command.c - what `segue-recsys evaluate` is asked, and what it says. */
#include "recsys/evaluate/command.h"
#include "recsys/evaluate/plan.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sg_error err;

static int plan(struct sg_evaluate_plan *p, const char *line)
{
    static char words[512];
    char *argv[32], *rest = NULL;
    int argc = 0;
    snprintf(words, sizeof words, "evaluate %s", line);
    for (char *w = strtok_r(words, " ", &rest); w && argc < 31; w = strtok_r(NULL, " ", &rest))
        argv[argc++] = w;
    argv[argc] = NULL;
    return sg_evaluate_plan_read(p, argc, argv, &err);
}

START_TEST(options_make_a_plan)
{
    struct sg_evaluate_plan p;
    ck_assert_int_eq(plan(&p, "--train f --format lists --split time:0.1 --at 10 --runs 3 --seed 9 "
                              "--model als --model graph:factors=8 --blend --weights log"),
                     0);
    ck_assert(p.format == SG_PAIRS_LISTS && p.weights == SG_WEIGHTS_LOG);
    ck_assert(p.split.kind == SG_SPLIT_TIME && p.split.fraction == 0.1);
    ck_assert(p.evaluate.k == 10 && p.runs == 3 && p.evaluate.seed == 9 && p.models == 3);
    ck_assert_str_eq(p.model[2], "blend(als;graph:factors=8)");
    ck_assert_int_eq(plan(&p, ""), 0);
    ck_assert_uint_eq(p.models, 6);
    ck_assert_int_eq(plan(&p, "--playlists d --content 1,0.5,0"), 0);
    ck_assert(p.runs == 5 && p.content.album == 0.5f && p.content.word == 0);
}
END_TEST

START_TEST(wrong_options_are_refused_with_what_is_wrong)
{
    static const struct {
        const char *line, *says;
    } wrong[] = {{"--at 0", "--at"},
                 {"--at 501", "--at"},
                 {"--threads 65", "--threads"},
                 {"--runs none", "--runs"},
                 {"--split random:1", "--split"},
                 {"--split last:2", "--split"},
                 {"--split weekly", "--split"},
                 {"--format csv", "'csv'"},
                 {"--weights heavy", "--weights"},
                 {"--test t", "--train"},
                 {"--train f --test t --runs 2", "--runs"},
                 {"--playlists d --train f", "--playlists"},
                 {"--content 1,2", "--content"},
                 {"--content 1,2,3,4", "--content"},
                 {"--content 1,2,-3", "--content"},
                 {"leftover", "'leftover'"}};
    struct sg_evaluate_plan p;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ck_assert_msg(plan(&p, wrong[i].line) == SG_EINVAL, "%s", wrong[i].line);
        ck_assert_msg(strstr(err.text, wrong[i].says), "%s: %s", wrong[i].line, err.text);
    }
}
END_TEST

/* Runs the command with its output going to a file, whose text is returned. */
static char *output(const char *train, int *code)
{
    static char text[16384];
    struct sg_config config;
    const char *path = test_path(test_scratch(), "out");
    char *argv[] = {"evaluate", "--train", (char *)train, "--model",   "popularity", "--model",
                    "item-knn", "--blend", "--json",      "--at",      "5",          "--resamples",
                    "50",       "--runs",  "2",           "--threads", "2",          NULL};
    sg_config_defaults(&config);
    fflush(stdout);
    int kept = dup(STDOUT_FILENO);
    ck_assert_ptr_nonnull(freopen(path, "w", stdout));
    *code = sg_evaluate_command(&config, 17, argv);
    fflush(stdout);
    dup2(kept, STDOUT_FILENO);
    close(kept);
    FILE *f = fopen(path, "r");
    ck_assert_ptr_nonnull(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    return text;
}

START_TEST(the_json_holds_every_model_and_measure)
{
    const char *train = test_path(test_scratch(), "plays");
    FILE *f = fopen(train, "w");
    int code;
    for (int u = 0; u < 60; u++)
        for (int k = 0; k < 8; k++)
            fprintf(f, "%d %d\n", u, (u * 7 + k * k * 3) % 10 + 10 * (u % 2));
    ck_assert_int_eq(fclose(f), 0);
    json_t *o = json_loads(output(train, &code), 0, NULL), *model;
    ck_assert_int_eq(code, 0);
    ck_assert_ptr_nonnull(o);
    ck_assert_int_eq(json_integer_value(json_object_get(o, "k")), 5);
    ck_assert_int_eq(json_integer_value(json_object_get(o, "items")), 20);
    size_t i;
    const char *const keys[] = {"recall", "ndcg",         "map",       "r_precision",
                                "clicks", "novelty_bits", "diversity", "popularity_bias"};
    ck_assert_uint_eq(json_array_size(json_object_get(o, "models")), 3);
    json_array_foreach(json_object_get(o, "models"), i, model)
    {
        for (size_t m = 0; m < sizeof keys / sizeof *keys; m++) {
            json_t *v = json_object_get(model, keys[m]);
            double mean = json_number_value(json_object_get(v, "mean"));
            ck_assert(mean >= json_number_value(json_object_get(v, "low")) - 1e-6);
            ck_assert(mean <= json_number_value(json_object_get(v, "high")) + 1e-6);
        }
        ck_assert(json_number_value(json_object_get(model, "coverage")) > 0);
    }
    json_decref(o);
}
END_TEST

START_TEST(files_that_are_not_there_fail_with_1)
{
    int code;
    output("/nonexistent/plays", &code);
    ck_assert_int_eq(code, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("evaluate command");
    TCase *c = tcase_create("all");
    tcase_add_test(c, options_make_a_plan);
    tcase_add_test(c, wrong_options_are_refused_with_what_is_wrong);
    tcase_add_test(c, the_json_holds_every_model_and_measure);
    tcase_add_test(c, files_that_are_not_there_fail_with_1);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
