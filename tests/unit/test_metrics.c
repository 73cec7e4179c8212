/* test_metrics.c - counting from many threads, and the text format. */
#include "core/metrics.h"
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_buf text;

static void setup(void)
{
    text = (struct sg_buf){0};
}

static void teardown(void)
{
    sg_buf_free(&text);
}

static bool exposes(const char *line)
{
    sg_buf_reset(&text);
    sg_buf_putc(&text, '\n');
    sg_metrics_expose(&text);
    char want[300];
    int n = snprintf(want, sizeof want, "\n%s\n", line);
    return memmem(text.p, text.n, want, (size_t)n) != NULL;
}

START_TEST(counters_and_gauges_are_exposed_with_help_and_type)
{
    struct sg_metric *m = sg_metric_new(SG_COUNTER, "t_total", "Things\nand \\ more.", "kind");
    struct sg_metric *g = sg_metric_new(SG_GAUGE, "t_level", "Level.", NULL);
    ck_assert(exposes("t_level 0"));
    sg_metric_add(m, "a", 1);
    sg_metric_add(m, "a", 2.5);
    sg_metric_add(m, "q\"\\\n", 1);
    sg_metric_set(g, "", 7);
    sg_metric_add(g, "", -2);
    ck_assert(exposes("# HELP t_total Things\\nand \\\\ more."));
    ck_assert(exposes("# TYPE t_total counter"));
    ck_assert(exposes("t_total{kind=\"a\"} 3.5"));
    ck_assert(exposes("t_total{kind=\"q\\\"\\\\\\n\"} 1"));
    ck_assert(exposes("t_level 5"));
    ck_assert(sg_metric_new(SG_COUNTER, "t_total", "", "kind") == m);
}
END_TEST

START_TEST(histograms_are_cumulative)
{
    struct sg_metric *m = sg_metric_new(SG_HISTOGRAM, "t_seconds", "Time.", "method");
    sg_metric_observe(m, "x", 0.00001);
    sg_metric_observe(m, "x", 0.0005);
    sg_metric_observe(m, "x", 99);
    ck_assert(exposes("t_seconds_bucket{method=\"x\",le=\"5e-05\"} 1"));
    ck_assert(exposes("t_seconds_bucket{method=\"x\",le=\"0.0005\"} 2"));
    ck_assert(exposes("t_seconds_bucket{method=\"x\",le=\"10\"} 2"));
    ck_assert(exposes("t_seconds_bucket{method=\"x\",le=\"+Inf\"} 3"));
    ck_assert(exposes("t_seconds_count{method=\"x\"} 3"));
    ck_assert(exposes("t_seconds_sum{method=\"x\"} 99.00051"));
}
END_TEST

START_TEST(too_many_or_too_long_values_become_other)
{
    struct sg_metric *m = sg_metric_new(SG_COUNTER, "t_many", "Many.", "v");
    char value[100];
    for (int i = 0; i < 262; i++) {
        snprintf(value, sizeof value, "v%d", i);
        sg_metric_add(m, value, 1);
    }
    memset(value, 'x', 99);
    value[99] = '\0';
    sg_metric_add(m, value, 1);
    ck_assert(exposes("t_many{v=\"v255\"} 1"));
    ck_assert(exposes("t_many{v=\"other\"} 7"));
}
END_TEST

static void *count(void *arg)
{
    struct sg_metric *const *m = arg;
    char value[8];
    for (int i = 0; i < 10000; i++) {
        snprintf(value, sizeof value, "%d", i % 8);
        sg_metric_add(m[0], value, 1);
        sg_metric_observe(m[1], value, 1);
    }
    return NULL;
}

START_TEST(threads_lose_no_counts)
{
    struct sg_metric *m[2] = {sg_metric_new(SG_COUNTER, "t_threads", "T.", "v"),
                              sg_metric_new(SG_HISTOGRAM, "t_threads_seconds", "T.", "v")};
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, count, m);
    sg_metrics_expose(&text);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    ck_assert(exposes("t_threads{v=\"3\"} 5000"));
    ck_assert(exposes("t_threads_seconds_count{v=\"3\"} 5000"));
    ck_assert(exposes("t_threads_seconds_sum{v=\"3\"} 5000"));
}
END_TEST

START_TEST(the_process_describes_itself)
{
    ck_assert(exposes("# TYPE process_resident_memory_bytes gauge"));
    ck_assert(exposes("# TYPE process_cpu_seconds_total counter"));
    const char *p = memmem(text.p, text.n, "\nprocess_start_time_seconds ", 28);
    ck_assert(p && strtod(p + 28, NULL) > 1.6e9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *t = tcase_create("metrics");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, counters_and_gauges_are_exposed_with_help_and_type);
    tcase_add_test(t, histograms_are_cumulative);
    tcase_add_test(t, too_many_or_too_long_values_become_other);
    tcase_add_test(t, threads_lose_no_counts);
    tcase_add_test(t, the_process_describes_itself);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
