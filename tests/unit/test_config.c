/* test_config.c - what is taken, what is refused and how it is said. */
#include "core/config.h"
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

static struct sg_config c;
static struct sg_error e;

static void setup(void)
{
    for (const char *const *v = (const char *const[]){"SEGUE_CONFIG", "SEGUE_API_PORT", NULL}; *v;
         v++)
        unsetenv(*v);
    e = (struct sg_error)SG_ERROR_INIT;
    sg_config_defaults(&c);
}

static void refused(const char *text, const char *message)
{
    ck_assert_int_eq(sg_config_parse(&c, "segue.conf", sg_str(text), &e), SG_EINVAL);
    ck_assert_str_eq(e.text, message);
}

START_TEST(defaults_lie_below_var)
{
    char want[SG_CONFIG_TEXT], cwd[256];
    ck_assert(getcwd(cwd, sizeof cwd) != NULL);
    snprintf(want, sizeof want, "%s/var/index", cwd);
    ck_assert_str_eq(c.index.dir, want);
    snprintf(want, sizeof want, "ipc://%s/var/run/query.ipc", cwd);
    ck_assert_str_eq(c.query.listen, want);
    snprintf(want, sizeof want, "host=%s/var/pg/socket dbname=segue user=", cwd);
    ck_assert(!strncmp(c.pg.dsn, want, strlen(want)));
    ck_assert_str_eq(c.indexer.source, "postgres");
    ck_assert_str_eq(c.query.weights, "");
    ck_assert_int_eq(c.api.port, 8080);
    ck_assert_int_eq(c.log.level, SG_LOG_INFO);
    ck_assert(c.indexer.gate_mrr_drop == 0.05);
    ck_assert_int_eq(access(c.api.web_dir[0] == '/' ? "/" : "", F_OK), 0);
}
END_TEST

START_TEST(keys_comments_and_quotes_are_read)
{
    const char *text = "# comment\n\n  query.workers = 7  # seven\r\n"
                       "log.level=debug\nlog.format = json\n"
                       "api.host = \"a # \\\"b\\\" \\\\\" # quoted\n"
                       "pg.dsn = host=x#y\nindexer.gate_mrr_drop = 0.25";
    ck_assert_msg(sg_config_parse(&c, "f", sg_str(text), &e) == 0, "%s", e.text);
    ck_assert_int_eq(c.query.workers, 7);
    ck_assert_int_eq(c.log.level, SG_LOG_DEBUG);
    ck_assert_int_eq(c.log.format, SG_LOG_JSON);
    ck_assert_str_eq(c.api.host, "a # \"b\" \\");
    ck_assert_str_eq(c.pg.dsn, "host=x#y");
    ck_assert(c.indexer.gate_mrr_drop == 0.25);
}
END_TEST

START_TEST(a_wrong_line_is_refused_with_what_was_expected)
{
    refused("\n\nquery.workers = many",
            "segue.conf:3: query.workers: expected a whole number from 0 to 256, got 'many'");
    ck_assert_str_eq(e.field, "query.workers");
    refused("api.port = 0", "segue.conf:1: api.port: expected a whole number from 1 to 65535, got "
                            "'0'");
    refused("api.port = 80 80", "segue.conf:1: api.port: expected a whole number from 1 to 65535, "
                                "got '80 80'");
    refused("api.port =",
            "segue.conf:1: api.port: expected a whole number from 1 to 65535, got ''");
    refused("log.level = loud",
            "segue.conf:1: log.level: expected one of debug, info, warn, error, got 'loud'");
    refused("indexer.gate_mrr_drop = nan",
            "segue.conf:1: indexer.gate_mrr_drop: expected a number from 0 to 1, got 'nan'");
    refused("query.listen = /tmp/x", "segue.conf:1: query.listen: expected an ipc:// or tcp:// "
                                     "address, got '/tmp/x'");
    refused("embeddings.url = ftp://host/v1",
            "segue.conf:1: embeddings.url: expected an http:// or "
            "https:// address, or nothing, got "
            "'ftp://host/v1'");
    refused("query.worker = 3",
            "segue.conf:1: no key 'query.worker'; did you mean 'query.workers'?");
    refused("colour = blue", "segue.conf:1: no key 'colour'");
    refused("api.port = 1\n#\napi.port = 2", "segue.conf:3: api.port was already set on line 1");
    refused("hello", "segue.conf:1: expected 'section.key = value'");
    refused("api.host = \"x", "segue.conf:1: the closing quote is missing");
    refused("api.host = \"x\" y", "segue.conf:1: text after the closing quote");
    refused("api.host = a\x01", "segue.conf:1: api.host: expected at most 511 bytes of UTF-8 "
                                "without control characters, got 'a\x01'");
}
END_TEST

START_TEST(the_environment_overrides_the_file)
{
    char path[] = "/tmp/sg-config-XXXXXX";
    int fd = mkstemp(path);
    const char *text = "var_dir = state\napi.port = 1000\nquery.listen = ipc://q.ipc\n";
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    setenv("SEGUE_API_PORT", "2000", 1);
    ck_assert_msg(sg_config_load(&c, path, &e) == 0, "%s", e.text);
    ck_assert_int_eq(c.api.port, 2000);
    ck_assert_str_eq(c.var_dir, "/tmp/state");
    ck_assert_str_eq(c.index.dir, "/tmp/state/index");
    ck_assert_str_eq(c.query.listen, "ipc:///tmp/q.ipc");
    setenv("SEGUE_VAR_DIR", "/elsewhere", 1);
    ck_assert_int_eq(sg_config_load(&c, path, &e), 0);
    ck_assert_str_eq(c.recsys.dir, "/elsewhere/models");
    setenv("SEGUE_API_PORT", "x", 1);
    ck_assert_int_eq(sg_config_load(&c, path, &e), SG_EINVAL);
    ck_assert_str_eq(e.text, "SEGUE_API_PORT: api.port: expected a whole number from 1 to 65535, "
                             "got 'x'");
    unlink(path);
    unsetenv("SEGUE_API_PORT");
    unsetenv("SEGUE_VAR_DIR");
    ck_assert_int_eq(sg_config_load(&c, path, &e), SG_ENOENT);
}
END_TEST

START_TEST(misspelt_variables_are_refused_and_foreign_ones_left_alone)
{
    setenv("SEGUE_DATASETS", "x", 1);
    setenv("SEGUE_PG_WHATEVER", "x", 1);
    setenv("SEGUE_TEST_X", "x", 1);
    setenv("SEGUE_SOMETHING_ELSE", "x", 1);
    ck_assert_msg(sg_config_load(&c, NULL, &e) == 0, "%s", e.text);
    setenv("SEGUE_QUERY_WORKER", "3", 1);
    ck_assert_int_eq(sg_config_load(&c, NULL, &e), SG_EINVAL);
    ck_assert_str_eq(e.text, "environment: no key for SEGUE_QUERY_WORKER; did you mean "
                             "SEGUE_QUERY_WORKERS?");
    unsetenv("SEGUE_QUERY_WORKER");
    setenv("SEGUE_VARDIR", "x", 1);
    ck_assert_int_eq(sg_config_load(&c, NULL, &e), SG_EINVAL);
    unsetenv("SEGUE_VARDIR");
}
END_TEST

static char *template_text(bool uncommented)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    sg_config_print_template(f);
    fclose(f);
    for (char *p = text; uncommented && (p = strchr(p, '#')); p++)
        if (p[1] != ' ' && p[1] != '\n' && p > text && p[-1] == '\n')
            *p = ' ';
    return text;
}

START_TEST(the_template_holds_every_key_at_its_default)
{
    struct sg_config before = c;
    char *text = template_text(true);
    ck_assert_msg(sg_config_parse(&c, "template", sg_str(text), &e) == 0, "%s", e.text);
    ck_assert_int_eq(memcmp(&before.api.port, &c.api.port, sizeof c.api.port), 0);
    ck_assert_int_eq(c.demo.songs, 100000);
    ck_assert_str_eq(c.index.dir, "{var_dir}/index");
    ck_assert(strstr(text, "recsys.trend_half_life_h = 24") != NULL);
    free(text);
}
END_TEST

START_TEST(the_committed_file_is_the_template)
{
    FILE *f = fopen("segue.conf", "r");
    ck_assert_msg(f != NULL, "run from the project's folder");
    char have[65536];
    size_t n = fread(have, 1, sizeof have - 1, f);
    have[n] = '\0';
    fclose(f);
    char *text = template_text(false);
    ck_assert_str_eq(have, text);
    free(text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *t = tcase_create("config");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, defaults_lie_below_var);
    tcase_add_test(t, keys_comments_and_quotes_are_read);
    tcase_add_test(t, a_wrong_line_is_refused_with_what_was_expected);
    tcase_add_test(t, the_environment_overrides_the_file);
    tcase_add_test(t, misspelt_variables_are_refused_and_foreign_ones_left_alone);
    tcase_add_test(t, the_template_holds_every_key_at_its_default);
    tcase_add_test(t, the_committed_file_is_the_template);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
