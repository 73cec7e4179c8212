/* What a process that decodes is given, how it is bounded, and how little its word is taken for.
 * Scripts stand in for segue-audio where it has to misbehave. */
#include "core/audio_child/audio_child.h"
#include "core/clock.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fact {
    uint64_t n;
    struct sg_str text;
};
static const struct sg_field fact_fields[] = {
    SG_FIELD_U64(struct fact, n, 0, 100, SG_REQUIRED),
    SG_FIELD_STR(struct fact, text, 0, 4000, SG_OPTIONAL),
};
static const struct sg_record fact_record = SG_RECORD("Fact", struct fact, fact_fields);

static int read_fact(struct sg_str json, struct sg_arena *a, void *out, struct sg_error *err)
{
    return sg_record_from_json(&fact_record, json, a, out, err);
}

static const char *dir;
static struct sg_arena arena;
static struct fact fact;
static struct sg_audio_verdict why;
static struct sg_error e;
static int input = -1;

static const char *script(const char *text)
{
    static int n;
    static char path[200];
    snprintf(path, sizeof path, "%s/%d.sh", dir, n++);
    FILE *f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    fprintf(f, "#!/bin/bash\n%s\n", text);
    fclose(f);
    ck_assert_int_eq(chmod(path, 0700), 0);
    return path;
}

static int run_with(struct sg_audio_child o, const char *text)
{
    o.program = script(text);
    o.command = "check";
    o.input = input;
    memset(&fact, 0, sizeof fact);
    memset(&why, 0, sizeof why);
    e = (struct sg_error)SG_ERROR_INIT;
    return sg_audio_child_run(&o, read_fact, &fact, &arena, &why, &e);
}

static int run(const char *text)
{
    return run_with((struct sg_audio_child){.wall_s = 60}, text);
}

START_TEST(it_gets_the_file_from_its_start_read_only_and_leaves_the_offset_alone)
{
    lseek(input, 4, SEEK_SET);
    ck_assert_int_eq(run("read -r l; echo \"{\\\"n\\\": 7, \\\"text\\\": \\\"$1 $l\\\"}\""), 0);
    ck_assert_uint_eq(fact.n, 7);
    ck_assert(sg_str_eq(fact.text, SG_STR("check hello there")));
    ck_assert_int_eq(lseek(input, 0, SEEK_CUR), 4);
    ck_assert_int_eq(run("{ echo x >&0; } 2>/dev/null && echo '{\"n\":1}' || echo '{\"n\":2}'"), 0);
    ck_assert_uint_eq(fact.n, 2);
}
END_TEST

/* 255 is the shell's own. */
START_TEST(it_gets_nothing_else)
{
    int secret = open("/dev/null", O_RDONLY); /* not closed on exec */
    ck_assert_int_ge(secret, 3);
    setenv("SECRET", "told", 1);
    ck_assert_int_eq(run("t=; for f in /proc/$$/fd/*; do [ -e $f ] && t=\"$t ${f##*/}\"; done\n"
                         "while IFS= read -r -d '' v; do e=\"$e$v \"; done </proc/$$/environ\n"
                         "echo \"{\\\"n\\\": 0, \\\"text\\\": \\\"$t|$e|$PWD\\\"}\""),
                     0);
    ck_assert_msg(sg_str_eq(fact.text, SG_STR(" 0 1 2 255|ASAN_OPTIONS=detect_leaks=0 |/")), "%.*s",
                  SG_FMT(fact.text));
    close(secret);
}
END_TEST

START_TEST(the_job_comes_on_descriptor_three)
{
    struct sg_audio_child o = {.wall_s = 60, .job = SG_STR("{\"key\":1}")};
    ck_assert_int_eq(run_with(o, "read -r l <&3; [ \"$l\" = '{\"key\":1}' ] && echo '{\"n\":3}'"),
                     0);
    ck_assert_uint_eq(fact.n, 3);
}
END_TEST

START_TEST(how_long_a_sound_may_be_is_said_as_an_option)
{
    struct sg_audio_child o = {.wall_s = 60, .max_seconds = 90};
    ck_assert_int_eq(run_with(o, "[ \"$*\" = 'check --max-seconds 90' ] && echo '{\"n\":3}'"), 0);
    ck_assert_int_eq(run("[ \"$*\" = check ] && echo '{\"n\":3}'"), 0);
}
END_TEST

START_TEST(what_it_says_is_read_by_the_table)
{
    ck_assert_int_eq(run("echo '{\"n\": 101}'"), SG_ECORRUPT);
    ck_assert_int_eq(run("echo hello"), SG_ECORRUPT);
    ck_assert_int_eq(run("true"), SG_ECORRUPT);
    ck_assert_int_eq(run("exit 1"), SG_EIO);
    ck_assert_int_eq(run("echo out of luck >&2; exit 4"), SG_EIO);
    ck_assert_ptr_nonnull(strstr(e.text, "out of luck"));
    ck_assert_int_eq(run("exec cat /dev/zero"), SG_ECORRUPT);
}
END_TEST

START_TEST(a_refusal_has_a_code_and_a_reason)
{
    ck_assert_int_eq(run("echo '{\"code\":\"silence\",\"detail\":\"Nothing is heard\"}'; exit 3"),
                     SG_EMEDIA);
    ck_assert_str_eq(why.code, "silence");
    ck_assert_str_eq(why.detail, "Nothing is heard");
    ck_assert_int_eq(run("echo '{\"code\":\"<b>\",\"detail\":\"x\"}'; exit 3"), SG_ECORRUPT);
    ck_assert_int_eq(run("echo '{\"detail\":\"x\"}'; exit 3"), SG_ECORRUPT);
}
END_TEST

START_TEST(a_fault_is_the_files_and_a_kill_is_not)
{
    ck_assert_int_eq(run("kill -SEGV $$"), SG_EMEDIA);
    ck_assert_str_eq(why.code, "crashed");
    ck_assert_int_eq(run("kill -SYS $$"), SG_EMEDIA);
    ck_assert_int_eq(run("kill -XCPU $$"), SG_EMEDIA);
    ck_assert_str_eq(why.code, "too-costly");
    ck_assert_int_eq(run("kill -KILL $$"), SG_EIO);
}
END_TEST

static int told_percent;
static char told_stages[100];

static void progress(void *ctx, int percent, struct sg_str stage)
{
    (void)ctx;
    told_percent += percent;
    snprintf(told_stages + strlen(told_stages), 20, "%.*s ", SG_FMT(stage));
}

START_TEST(progress_is_heard_and_nonsense_is_not)
{
    struct sg_audio_child o = {.wall_s = 60, .progress = progress};
    ck_assert_int_eq(run_with(o, "{ echo progress 1 decode; echo progress 101 no; echo progress;\n"
                                 "echo progress 5 'B<'; echo progress x y; head -c 100000 "
                                 "/dev/zero; echo; echo progress 40 encode; } >&2\n"
                                 "echo '{\"n\":1}'"),
                     0);
    ck_assert_int_eq(told_percent, 41);
    ck_assert_str_eq(told_stages, "decode encode ");
}
END_TEST

START_TEST(the_time_of_the_wall_and_of_the_processor_is_bounded)
{
    ck_assert_int_eq(run_with((struct sg_audio_child){.wall_s = 1}, "exec sleep 1000"),
                     SG_ETIMEOUT);
    ck_assert_int_eq(
        run_with((struct sg_audio_child){.wall_s = 250, .cpu_s = 1}, "while :; do :; done"),
        SG_EMEDIA);
    ck_assert_str_eq(why.code, "too-costly");
}
END_TEST

static bool is_running(const char *file)
{
    char path[200];
    int pid = 0;
    snprintf(path, sizeof path, "%s/%s", dir, file);
    for (int i = 0; i < 10000 && !pid; i++, sg_sleep_us(10000)) {
        FILE *f = fopen(path, "r");
        if (f && fscanf(f, "%d", &pid) != 1)
            pid = 0;
        if (f)
            fclose(f);
    }
    ck_assert_int_gt(pid, 1);
    for (int i = 0; i < 6000 && kill(pid, 0) == 0; i++) /* its end is a matter of moments */
        sg_sleep_us(10000);
    return kill(pid, 0) == 0;
}

static atomic_bool cut;

static void cut_it(void *ctx, int percent, struct sg_str stage)
{
    (void)ctx, (void)percent, (void)stage;
    cut = true;
}

/* Cut once the child's own child is there. */
START_TEST(its_children_end_with_it)
{
    struct sg_audio_child o = {.wall_s = 250, .cut = &cut, .progress = cut_it};
    char text[300];
    cut = false;
    snprintf(text, sizeof text, "sleep 1000 & echo $! > %s/grandchild; echo progress 1 x >&2; wait",
             dir);
    ck_assert_int_eq(run_with(o, text), SG_ECANCELED);
    ck_assert(!is_running("grandchild"));
}
END_TEST

START_TEST(it_ends_when_its_parent_is_killed)
{
    char text[300];
    snprintf(text, sizeof text, "echo $$ > %s/child; exec sleep 1000", dir);
    pid_t parent = fork();
    if (parent == 0) {
        run(text);
        _exit(0);
    }
    char path[200];
    struct stat st;
    snprintf(path, sizeof path, "%s/child", dir);
    for (int i = 0; i < 10000 && (stat(path, &st) || st.st_size == 0); i++)
        sg_sleep_us(10000);
    kill(parent, SIGKILL);
    ck_assert(!is_running("child"));
}
END_TEST

START_TEST(whoever_does_not_want_it_any_more_cuts_it)
{
    struct sg_audio_child o = {.wall_s = 250, .cut = &cut, .progress = cut_it};
    cut = false;
    ck_assert_int_eq(run_with(o, "echo progress 1 x >&2; exec sleep 1000"), SG_ECANCELED);
}
END_TEST

static void setup(void)
{
    char path[200];
    dir = test_scratch();
    snprintf(path, sizeof path, "%s/input", dir);
    input = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(input, 0);
    ck_assert_int_eq(write(input, "hello there\n", 12), 12);
    unlink(path); /* as the object store's own copy is */
}

static void teardown(void)
{
    sg_arena_free(&arena);
    close(input);
}

int main(void)
{
    Suite *s = suite_create("audio child");
    TCase *t = tcase_create("child");
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, it_gets_the_file_from_its_start_read_only_and_leaves_the_offset_alone);
    tcase_add_test(t, it_gets_nothing_else);
    tcase_add_test(t, the_job_comes_on_descriptor_three);
    tcase_add_test(t, how_long_a_sound_may_be_is_said_as_an_option);
    tcase_add_test(t, what_it_says_is_read_by_the_table);
    tcase_add_test(t, a_refusal_has_a_code_and_a_reason);
    tcase_add_test(t, a_fault_is_the_files_and_a_kill_is_not);
    tcase_add_test(t, progress_is_heard_and_nonsense_is_not);
    tcase_add_test(t, the_time_of_the_wall_and_of_the_processor_is_bounded);
    tcase_add_test(t, its_children_end_with_it);
    tcase_add_test(t, it_ends_when_its_parent_is_killed);
    tcase_add_test(t, whoever_does_not_want_it_any_more_cuts_it);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
