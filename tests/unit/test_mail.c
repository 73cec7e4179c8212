/* test_mail.c - mails leave by a program that no shell sees, or as files. */
#include "api/accounts/mail.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sg_config config;
static struct sg_mailer *mailer;
static char text[100000];

static void send_by(const char *command, const char *to, struct sg_str mail)
{
    struct sg_error e = SG_ERROR_INIT;
    sg_config_defaults(&config);
    snprintf(config.var_dir, sizeof config.var_dir, "%s", test_scratch());
    snprintf(config.auth.mail_command, sizeof config.auth.mail_command, "%s", command);
    ck_assert_int_eq(sg_mailer_open(&mailer, &config, &e), 0);
    ck_assert_int_eq(sg_mail(mailer, to, "Subject", mail, &e), 0);
    sg_mailer_close(mailer); /* sends first */
}

static size_t read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    return n;
}

START_TEST(the_program_gets_the_mail_on_its_standard_input)
{
    char command[300], out[200];
    snprintf(out, sizeof out, "%s", test_path(test_scratch(), "mail"));
    snprintf(command, sizeof command, "  /usr/bin/tee   %s", out);
    send_by(command, "a@example.org", SG_STR("secret\n"));
    ck_assert_uint_gt(read_file(out), 0);
    ck_assert_int_eq(strncmp(text, "To: a@example.org\nSubject: Subject\nDate: ", 41), 0);
    ck_assert(strstr(text, "\n\nsecret\n"));
}
END_TEST

START_TEST(no_shell_reads_what_is_told)
{
    char command[400], made[200], out[200];
    const char *dir = test_scratch();
    snprintf(made, sizeof made, "%s", test_path(dir, "made"));
    snprintf(out, sizeof out, "%s", test_path(dir, "out"));
    snprintf(command, sizeof command, "/usr/bin/tee %s $(touch${IFS}%s);touch %s", out, made, made);
    send_by(command, "a`touch%made`@example.org", SG_STR("x"));
    /* Words are file names to tee: the last of them it made itself, with the mail in it. */
    ck_assert_uint_gt(read_file(made), 0);
    ck_assert(strstr(text, "To: a`touch%made`@example.org"));
}
END_TEST

START_TEST(a_program_that_fails_or_is_not_there_or_does_not_read_costs_nothing_else)
{
    static char large[400000];
    memset(large, 'x', sizeof large);
    send_by("/bin/false", "a@example.org", SG_STR("x"));
    send_by("/nonexistent/sendmail -t", "a@example.org", SG_STR("x"));
    send_by("/bin/true", "a@example.org", (struct sg_str){large, sizeof large});
}
END_TEST

START_TEST(without_a_program_mails_are_files_for_the_owner_alone)
{
    char path[600], dir[300];
    struct stat st;
    int n = 0;
    send_by("", "a@example.org", SG_STR("secret\n"));
    snprintf(dir, sizeof dir, "%s/outbox", config.var_dir);
    ck_assert_int_eq(stat(dir, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0700);
    DIR *d = opendir(dir);
    for (struct dirent *f; (f = readdir(d));)
        if (*f->d_name != '.') {
            n++;
            snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
        }
    closedir(d);
    ck_assert_int_eq(n, 1);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    read_file(path);
    ck_assert(strstr(text, "secret"));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("mail");
    TCase *t = tcase_create("mail");
    tcase_add_test(t, the_program_gets_the_mail_on_its_standard_input);
    tcase_add_test(t, no_shell_reads_what_is_told);
    tcase_add_test(t, a_program_that_fails_or_is_not_there_or_does_not_read_costs_nothing_else);
    tcase_add_test(t, without_a_program_mails_are_files_for_the_owner_alone);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
