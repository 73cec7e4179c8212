/* test_log.c - one line an event, whatever is logged. */
#include "core/log.h"
#include <check.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int saved, ends[2];

static void setup(void)
{
    ck_assert_int_eq(pipe(ends), 0);
    saved = dup(2);
    dup2(ends[1], 2);
}

static void teardown(void)
{
    dup2(saved, 2);
    close(saved);
    close(ends[0]);
    close(ends[1]);
    sg_log_setup("segue", SG_LOG_INFO, SG_LOG_LOGFMT);
}

static const char *logged(void)
{
    static char line[65536];
    ssize_t n = read(ends[0], line, sizeof line - 1);
    line[n > 0 ? n : 0] = '\0';
    return line;
}

START_TEST(a_line_has_time_level_service_and_pairs)
{
    sg_log_setup("indexer", SG_LOG_INFO, SG_LOG_LOGFMT);
    sg_log(SG_LOG_DEBUG, "unseen", NULL);
    sg_log(SG_LOG_INFO, "generation published", "gen=%s songs=%zu ratio=%.2f%% n=%lld w=%-4d|",
           "gen-1", (size_t)100000, 12.5, -7ll, 3);
    const char *line = logged();
    ck_assert_msg(strstr(line, "Z info indexer msg=\"generation published\" gen=gen-1 songs=100000 "
                               "ratio=12.50% n=-7 w=\"3   |\"\n") == line + 23,
                  "%s", line);
}
END_TEST

START_TEST(values_cannot_forge_keys_or_lines)
{
    const char *volatile nothing = NULL;
    sg_log(SG_LOG_WARN, "a\nb", "q=%s part=%.*s e=%s nil=%s", "x\" admin=1\nfake", 3, "abcdef", "",
           nothing);
    const char *line = logged();
    ck_assert(
        strstr(line, "msg=\"a\\nb\" q=\"x\\\" admin=1\\nfake\" part=abc e=\"\" nil=(null)\n"));
    ck_assert(strchr(line, '\n') == line + strlen(line) - 1);
}
END_TEST

START_TEST(json_lines_are_json)
{
    sg_log_setup("query", SG_LOG_DEBUG, SG_LOG_JSON);
    sg_log(SG_LOG_DEBUG, "m \"q\"", "s=%s n=%d f=%g mixed=%dms hex=%x inf=%f", "7\xff", 42, 0.5, 3,
           255u, 1.0 / 0.0);
    json_t *o = json_loads(logged(), JSON_REJECT_DUPLICATES, NULL);
    ck_assert(o != NULL);
    ck_assert_str_eq(json_string_value(json_object_get(o, "msg")), "m \"q\"");
    ck_assert_str_eq(json_string_value(json_object_get(o, "s")), "7\xef\xbf\xbd");
    ck_assert_int_eq(json_integer_value(json_object_get(o, "n")), 42);
    ck_assert(json_real_value(json_object_get(o, "f")) == 0.5);
    ck_assert_str_eq(json_string_value(json_object_get(o, "mixed")), "3ms");
    ck_assert_str_eq(json_string_value(json_object_get(o, "hex")), "ff");
    ck_assert_str_eq(json_string_value(json_object_get(o, "inf")), "inf");
    json_decref(o);
}
END_TEST

static void *log_many(void *arg)
{
    for (int i = 0; i < 50; i++)
        sg_log(SG_LOG_INFO, "line", "thread=%d i=%d", *(int *)arg, i);
    return NULL;
}

START_TEST(lines_of_threads_do_not_mix)
{
    pthread_t t[4];
    int ids[4] = {0, 1, 2, 3}, lines = 0;
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], NULL, log_many, &ids[i]);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    char *save, *text = strdup(logged());
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        lines++;
        ck_assert(strstr(line, "Z info segue msg=\"line\" thread=") == line + 23);
    }
    ck_assert_int_eq(lines, 200);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *t = tcase_create("log");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_line_has_time_level_service_and_pairs);
    tcase_add_test(t, values_cannot_forge_keys_or_lines);
    tcase_add_test(t, json_lines_are_json);
    tcase_add_test(t, lines_of_threads_do_not_mix);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
