/* test_als.c - the factorisation: solvers, kernels and threads agree; a killed training goes on. */
#include "recsys/als.h"
#include "recsys/als_checkpoint.h"
#include "recsys/als_kernel.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USERS = 300, ITEMS = 90, PLAYS = 4000, D = 20 };

static struct sg_interactions x;
static char path[256];

static void make_plays(struct sg_interactions *out, unsigned seed)
{
    struct sg_interactions_builder *b;
    struct sg_error e = SG_ERROR_INIT;
    srand(seed);
    ck_assert_int_eq(sg_interactions_begin(&b, &e), 0);
    for (int i = 0; i < PLAYS; i++) {
        uint64_t item = (uint64_t)(rand() % ITEMS) * (uint64_t)(rand() % ITEMS) / ITEMS;
        ck_assert_int_eq(
            sg_interactions_add(b, (uint64_t)(rand() % USERS), item, 1 + (float)(rand() % 900), &e),
            0);
    }
    ck_assert_int_eq(sg_interactions_finish(b, out, &e), 0);
}

static void setup(void)
{
    make_plays(&x, 5);
    snprintf(path, sizeof path, "%s", test_path(test_scratch(), "als.checkpoint"));
}

static void teardown(void)
{
    sg_interactions_free(&x);
}

static struct sg_als_options some_options(void)
{
    struct sg_als_options o = SG_ALS_DEFAULTS;
    o.factors = D;
    o.sweeps = 6;
    return o;
}

static struct sg_factors train(const struct sg_als_options *o)
{
    struct sg_factors f;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_msg(sg_als_train(&x, o, &f, &e) == 0, "%s", e.text);
    ck_assert_uint_eq(f.stride, D);
    return f;
}

static void assert_same(const struct sg_factors *a, const struct sg_factors *b)
{
    ck_assert_mem_eq(a->users, b->users, x.users.n * D * sizeof(float));
    ck_assert_mem_eq(a->items, b->items, x.items.n * D * sizeof(float));
}

START_TEST(conjugate_gradients_reach_the_exact_factors)
{
    struct sg_als_options o = some_options();
    o.steps = 60;
    struct sg_factors near = train(&o);
    o.solver = SG_ALS_CHOLESKY;
    struct sg_factors exact = train(&o);
    double off = 0, length = 0;
    for (size_t i = 0; i < x.users.n * D; i++) {
        off += pow((double)near.users[i] - exact.users[i], 2);
        length += pow((double)exact.users[i], 2);
    }
    ck_assert_msg(off < 1e-5 * length, "off by %g of %g", off, length);
    sg_factors_free(&near);
    sg_factors_free(&exact);
}
END_TEST

START_TEST(the_threads_change_no_bit)
{
    for (int solver = SG_ALS_CONJUGATE; solver <= SG_ALS_CHOLESKY; solver++) {
        struct sg_als_options o = some_options();
        o.solver = (enum sg_als_solver)solver;
        struct sg_factors one = train(&o);
        o.threads = 5;
        struct sg_factors five = train(&o);
        assert_same(&one, &five);
        sg_factors_free(&one);
        sg_factors_free(&five);
    }
}
END_TEST

/* A row of many, few or no plays gets the same solution in vectors of every width. */
START_TEST(kernels_of_every_width_agree)
{
    enum { STRIDE = 48, ROWS = 400 };
    static float fixed[ROWS * STRIDE], gram[STRIDE * STRIDE], c[ROWS], work[3 * STRIDE];
    static uint32_t other[ROWS];
    const size_t plays[] = {0, 1, 7, 8, 9, 64, 399};
    srand(2);
    for (size_t i = 0; i < ROWS * STRIDE; i++)
        fixed[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    for (size_t i = 0; i < STRIDE; i++)
        for (size_t j = 0; j < STRIDE; j++)
            gram[i * STRIDE + j] = i == j ? 2 : 0.01f;
    for (size_t i = 0; i < ROWS; i++) {
        other[i] = (uint32_t)(ROWS - 1 - i);
        c[i] = (float)(i % 5) - 1;
    }
    for (size_t p = 0; p < sizeof plays / sizeof *plays; p++) {
        float want[STRIDE];
        const struct sg_als_kernel *k;
        for (size_t i = 0; (k = sg_als_kernel(i)); i++) {
            float got[STRIDE];
            for (size_t f = 0; f < STRIDE; f++)
                got[f] = 0.1f;
            struct sg_als_row row = {.d = STRIDE,
                                     .gram = gram,
                                     .ridge = 0.3f,
                                     .fixed = fixed,
                                     .other = other,
                                     .c = c,
                                     .plays = plays[p],
                                     .next = other,
                                     .n_next = 10,
                                     .x = got,
                                     .work = work};
            k->solve(&row, 30);
            if (i == 0)
                memcpy(want, got, sizeof want);
            for (size_t f = 0; f < STRIDE; f++)
                ck_assert_msg(fabsf(got[f] - want[f]) < 2e-4f, "%s, %zu plays: %g, not %g", k->name,
                              plays[p], (double)got[f], (double)want[f]);
        }
    }
}
END_TEST

static void die_after_three(void *ctx, int sweep, int sweeps)
{
    (void)ctx;
    (void)sweeps;
    if (sweep == 3)
        kill(getpid(), SIGKILL);
}

static void train_until_killed(struct sg_als_options o)
{
    struct sg_factors f;
    o.checkpoint = path;
    o.progress = die_after_three;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child)
        _exit(sg_als_train(&x, &o, &f, NULL));
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ck_assert_int_eq(access(path, R_OK), 0);
}

static void count(void *ctx, int sweep, int sweeps)
{
    (void)sweep;
    (void)sweeps;
    ++*(int *)ctx;
}

START_TEST(a_killed_training_goes_on_to_the_same_factors)
{
    int sweeps = 0;
    struct sg_als_options o = some_options();
    struct sg_factors whole = train(&o);
    train_until_killed(o);
    o.checkpoint = path;
    o.progress = count;
    o.ctx = &sweeps;
    o.threads = 2;
    struct sg_factors resumed = train(&o);
    ck_assert_int_eq(sweeps, 3);
    assert_same(&whole, &resumed);
    ck_assert_int_ne(access(path, F_OK), 0);
    sg_factors_free(&whole);
    sg_factors_free(&resumed);
}
END_TEST

START_TEST(a_checkpoint_of_another_training_is_not_used)
{
    struct sg_als_options o = some_options();
    struct sg_factors f = {.factors = D, .stride = 32};
    f.users = calloc(x.users.n * f.stride, sizeof(float));
    f.items = calloc(x.items.n * f.stride, sizeof(float));
    train_until_killed(o);
    ck_assert_int_eq(sg_als_checkpoint_read(path, &x, &o, &f), 3);
    o.seed++;
    ck_assert_int_eq(sg_als_checkpoint_read(path, &x, &o, &f), 0);
    o = some_options();
    o.loss.unobserved *= 2;
    ck_assert_int_eq(sg_als_checkpoint_read(path, &x, &o, &f), 0);
    o = some_options();
    x.users.weight[17]++;
    ck_assert_int_eq(sg_als_checkpoint_read(path, &x, &o, &f), 0);
    x.users.weight[17]--;
    ck_assert_int_eq(sg_als_checkpoint_read(path, &x, &o, &f), 3);
    sg_factors_free(&f);
}
END_TEST

START_TEST(a_broken_checkpoint_is_refused_and_training_begins_anew)
{
    struct stat st;
    int sweeps = 0;
    struct sg_als_options o = some_options();
    struct sg_factors whole = train(&o);
    train_until_killed(o);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
    FILE *file = fopen(path, "r+b");
    fseek(file, st.st_size * 2 / 3, SEEK_SET);
    int was = fgetc(file);
    fseek(file, st.st_size * 2 / 3, SEEK_SET);
    fputc(was ^ 0x77, file);
    fclose(file);
    o.checkpoint = path;
    o.progress = count;
    o.ctx = &sweeps;
    struct sg_factors anew = train(&o);
    ck_assert_int_eq(sweeps, 6);
    assert_same(&whole, &anew);
    sg_factors_free(&whole);
    sg_factors_free(&anew);
}
END_TEST

static bool at_two(void *ctx, const struct sg_factors *now, int sweep)
{
    *(float *)ctx = now->users[0];
    return sweep == 2;
}

START_TEST(training_ends_early_when_told_that_it_is_enough)
{
    float seen = 0;
    struct sg_als_options o = some_options();
    o.enough = at_two;
    o.ctx = &seen;
    struct sg_factors early = train(&o);
    ck_assert(seen == early.users[0]);
    o.enough = NULL;
    o.sweeps = 2;
    struct sg_factors two = train(&o);
    assert_same(&early, &two);
    sg_factors_free(&early);
    sg_factors_free(&two);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("als");
    TCase *t = tcase_create("all");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, conjugate_gradients_reach_the_exact_factors);
    tcase_add_test(t, the_threads_change_no_bit);
    tcase_add_test(t, kernels_of_every_width_agree);
    tcase_add_test(t, a_killed_training_goes_on_to_the_same_factors);
    tcase_add_test(t, a_checkpoint_of_another_training_is_not_used);
    tcase_add_test(t, a_broken_checkpoint_is_refused_and_training_begins_anew);
    tcase_add_test(t, training_ends_early_when_told_that_it_is_enough);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
