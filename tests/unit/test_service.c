/* test_service.c - programs as a person or a supervisor meets them: this test
 * runs itself as a child that is a small program. */
#include "core/clock.h"
#include "core/service.h"
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_show(const struct sg_config *config, int argc, char **argv)
{
    printf("port=%d argc=%d last=%s\n", (int)config->api.port, argc, argv[argc - 1]);
    return 0;
}

static int run_work(const struct sg_config *config, int argc, char **argv)
{
    (void)config, (void)argc, (void)argv;
    sg_log(SG_LOG_INFO, "went well", NULL);
    sg_log(SG_LOG_WARN, "went badly", NULL);
    return 0;
}

static int run_serve(const struct sg_config *config, int argc, char **argv)
{
    (void)config, (void)argc, (void)argv;
    printf("ready\n");
    fflush(stdout);
    return sg_wait_stop(600000) && sg_stopping() ? 0 : 1;
}

static const struct sg_command commands[] = {
    {"show", "show [WORD]", "prints what it was given", "Long help of show.", run_show},
    {"work", "work", "logs", NULL, run_work},
    {"serve", "serve", "waits to be stopped", NULL, run_serve},
    {0},
};
static struct sg_program program = {"segue-test", "a program for tests", commands, "serve"};

struct result {
    int code;
    char out[8192]; /* stdout and stderr together */
};

static pid_t start(const char *const *arguments, int *from)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char *argv[16] = {"segue-test"};
        int argc = 1;
        for (; arguments[argc - 1]; argc++)
            argv[argc] = strdup(arguments[argc - 1]);
        dup2(ends[1], 1);
        dup2(ends[1], 2);
        close(ends[0]);
        int code = sg_program_main(&program, argc, argv);
        fflush(NULL);
        _exit(code);
    }
    close(ends[1]);
    *from = ends[0];
    return pid;
}

static void finish(pid_t pid, int from, struct result *r)
{
    size_t n = 0;
    ssize_t got;
    while (n + 1 < sizeof r->out && (got = read(from, r->out + n, sizeof r->out - 1 - n)) > 0)
        n += (size_t)got;
    r->out[n] = '\0';
    close(from);
    int status;
    waitpid(pid, &status, 0);
    r->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

#define RUN(r, ...)                                                                                \
    do {                                                                                           \
        int from_;                                                                                 \
        const char *const arguments_[] = {__VA_ARGS__ __VA_OPT__(, ) NULL};                        \
        pid_t pid_ = start(arguments_, &from_);                                                    \
        finish(pid_, from_, r);                                                                    \
    } while (0)

START_TEST(help_and_version_are_not_failures)
{
    struct result r;
    RUN(&r, "--help");
    ck_assert_int_eq(r.code, 0);
    ck_assert(strstr(r.out, "show [WORD]  prints what it was given"));
    RUN(&r, "--version");
    ck_assert_int_eq(r.code, 0);
    ck_assert(!strncmp(r.out, "segue-test ", 11));
    RUN(&r, "show", "--help");
    ck_assert_int_eq(r.code, 0);
    ck_assert(strstr(r.out, "Long help of show."));
}
END_TEST

START_TEST(wrong_usage_is_told_and_is_2)
{
    struct result r;
    RUN(&r);
    ck_assert_int_eq(r.code, 2);
    ck_assert(strstr(r.out, "usage: segue-test"));
    RUN(&r, "sevre");
    ck_assert_int_eq(r.code, 2);
    ck_assert(strstr(r.out, "no command 'sevre'; did you mean 'serve'?"));
    RUN(&r, "zzz");
    ck_assert(!strstr(r.out, "did you mean"));
    RUN(&r, "--what");
    ck_assert_int_eq(r.code, 2);
    RUN(&r, "show", "--config");
    ck_assert_int_eq(r.code, 2);
}
END_TEST

START_TEST(the_configuration_is_found_and_refused_with_its_line)
{
    char path[] = "/tmp/sg-service-XXXXXX";
    int fd = mkstemp(path);
    ck_assert_int_eq(write(fd, "api.port = 1234\n", 16), 16);
    struct result r;
    RUN(&r, "show", "--config", path, "word");
    ck_assert_int_eq(r.code, 0);
    ck_assert_str_eq(r.out, "port=1234 argc=2 last=word\n");
    RUN(&r, "show", "--", "--help");
    ck_assert_int_eq(r.code, 0);
    ck_assert(strstr(r.out, "last=--help"));
    ck_assert_int_eq(write(fd, "x\n", 2), 2);
    close(fd);
    setenv("SEGUE_CONFIG", path, 1);
    RUN(&r, "show");
    ck_assert_int_eq(r.code, 1);
    ck_assert(strstr(r.out, ":2: expected 'section.key = value'"));
    unsetenv("SEGUE_CONFIG");
    unlink(path);
}
END_TEST

START_TEST(only_the_service_logs_what_went_well)
{
    struct result r;
    RUN(&r, "work");
    ck_assert(!strstr(r.out, "went well"));
    ck_assert(strstr(r.out, "went badly"));
    RUN(&r, "work", "--verbose");
    ck_assert(strstr(r.out, "went well"));
    setenv("SEGUE_LOG_LEVEL", "info", 1);
    RUN(&r, "work");
    ck_assert(strstr(r.out, "went well"));
    setenv("SEGUE_LOG_LEVEL", "error", 1);
    RUN(&r, "work", "--verbose");
    ck_assert(!strstr(r.out, "went badly"));
    unsetenv("SEGUE_LOG_LEVEL");
    program.service = "work";
    RUN(&r, "work");
    ck_assert(strstr(r.out, "went well"));
    program.service = "serve";
}
END_TEST

START_TEST(sigterm_wakes_a_waiting_server)
{
    int from;
    char line[7] = "";
    struct result r;
    pid_t pid = start((const char *const[]){"serve", NULL}, &from);
    ck_assert_int_eq(read(from, line, 6), 6);
    kill(pid, SIGPIPE);
    kill(pid, SIGTERM);
    finish(pid, from, &r);
    ck_assert_int_eq(r.code,
                     0); /* else it ends after ten minutes, which is more than this may take */
}
END_TEST

START_TEST(waiting_ends_at_its_time_or_on_request)
{
    int64_t start_us = sg_now_us();
    ck_assert(!sg_wait_stop(50));
    ck_assert(sg_now_us() - start_us >= 50000);
    sg_request_stop();
    ck_assert(sg_wait_stop(-1) && sg_stopping());
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service");
    TCase *t = tcase_create("service");
    tcase_set_timeout(t, 300);
    tcase_add_test(t, help_and_version_are_not_failures);
    tcase_add_test(t, wrong_usage_is_told_and_is_2);
    tcase_add_test(t, the_configuration_is_found_and_refused_with_its_line);
    tcase_add_test(t, only_the_service_logs_what_went_well);
    tcase_add_test(t, sigterm_wakes_a_waiting_server);
    tcase_add_test(t, waiting_ends_at_its_time_or_on_request);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
