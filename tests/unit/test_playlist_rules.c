/* test_playlist_rules.c - rules of smart playlists: what is compiled, what is refused, and that
 * nothing a person writes becomes SQL. */
#include "api/playlists/rules.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_error err;
static struct sg_rules_sql sql;

static int compile(const char *json)
{
    struct sg_playlist_rules rules;
    err = (struct sg_error)SG_ERROR_INIT;
    sg_arena_reset(&arena);
    int rc = sg_record_from_json(&sg_playlist_rules_record, sg_str(json), &arena, &rules, &err);
    return rc ? rc : sg_rules_compile(&rules, 42, &arena, &sql, &err);
}

START_TEST(conditions_become_fixed_text_and_parameters)
{
    ck_assert_int_eq(compile("{\"all\":[{\"field\":\"genre\",\"op\":\"is\",\"text\":\"Rock\"},"
                             "{\"any\":[{\"field\":\"year\",\"op\":\"at_least\",\"number\":1990},"
                             "{\"field\":\"liked\",\"op\":\"yes\"}]}],\"limit\":7}"),
                     0);
    ck_assert_int_eq(sql.n, 3);
    ck_assert_str_eq(sql.params[0], "42");
    ck_assert_str_eq(sql.params[1], "Rock");
    ck_assert_str_eq(sql.params[2], "1990");
    ck_assert(strstr(sql.sql.p, " AND (s.release_date >= make_date($3::integer, 1, 1) OR "));
    ck_assert(strstr(sql.sql.p, "ORDER BY s.play_count DESC, s.song_id LIMIT 7"));
    ck_assert(!strstr(sql.sql.p, "Rock") && !strstr(sql.sql.p, "listening_history"));
}
END_TEST

START_TEST(listening_is_only_joined_where_it_is_asked_for_and_is_the_owners)
{
    ck_assert_int_eq(compile("{\"all\":[{\"field\":\"plays\",\"op\":\"at_least\",\"number\":3}]}"),
                     0);
    ck_assert(strstr(sql.sql.p, "l.user_id = $1::bigint"));
    ck_assert_int_eq(
        compile("{\"all\":[{\"field\":\"explicit\",\"op\":\"no\"}],\"sort\":\"last_heard\"}"), 0);
    ck_assert(strstr(sql.sql.p, "l.user_id = $1::bigint"));
}
END_TEST

#define RULE(f, o, v) "{\"all\":[{\"field\":\"" f "\",\"op\":\"" o "\"" v "}]}"

START_TEST(hostile_names_are_refused_and_hostile_values_stay_parameters)
{
    static const char *const refused[] = {
        RULE("password_hash", "is", ",\"text\":\"x\""),
        RULE("users.email", "contains", ",\"text\":\"x\""),
        RULE("genre' OR '1'='1", "is", ",\"text\":\"x\""),
        RULE("title) OR 1=1 --", "contains", ",\"text\":\"x\""),
        RULE("title", "contains'; DROP TABLE users; --", ",\"text\":\"x\""),
        RULE("title", "is", ",\"text\":\"x\""),
        RULE("title", "contains", ""),
        RULE("title", "contains", ",\"number\":1"),
        RULE("year", "is", ",\"text\":\"1990 OR 1=1\""),
        RULE("year", "is", ",\"number\":0"),
        RULE("year", "is", ",\"number\":99999"),
        RULE("added", "within_days", ",\"number\":9999999"),
        RULE("liked", "yes", ",\"number\":1"),
        "{\"all\":[{\"field\":\"liked\",\"op\":\"yes\"}],\"sort\":\"role; DROP TABLE users\"}",
        "{\"all\":[{\"field\":\"liked\",\"op\":\"yes\"}],\"limit\":501}",
        "{\"all\":[{\"field\":\"liked\",\"op\":\"yes\"}],\"any\":[{\"field\":\"liked\","
        "\"op\":\"no\"}]}",
        "{\"all\":[]}",
        "{}",
        "{\"all\":[{\"field\":\"liked\",\"op\":\"yes\",\"any\":[{\"field\":\"liked\","
        "\"op\":\"no\"}]}]}",
        "{\"all\":[{\"op\":\"yes\"}]}",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        ck_assert_msg(compile(refused[i]) == SG_EINVAL && err.field[0], "%s: %s", refused[i],
                      err.text);
    ck_assert_int_eq(compile(RULE("title", "contains", ",\"text\":\"'); DROP TABLE users; --\"")),
                     0);
    ck_assert(!strstr(sql.sql.p, "DROP"));
    ck_assert_str_eq(sql.params[1], "'); DROP TABLE users; --");
    ck_assert_int_eq(compile(RULE("genre", "is", ",\"text\":\"%s $1 %n\"")), 0);
    ck_assert_str_eq(sql.params[1], "%s $1 %n");
    ck_assert(!strstr(sql.sql.p, "%n"));
}
END_TEST

static void nest(char *out, size_t cap, int deep)
{
    size_t n = 0;
    for (int i = 0; i < deep; i++)
        n += (size_t)snprintf(out + n, cap - n, "{\"all\":[");
    n += (size_t)snprintf(out + n, cap - n, "{\"field\":\"liked\",\"op\":\"yes\"}");
    for (int i = 0; i < deep; i++)
        n += (size_t)snprintf(out + n, cap - n, "]}");
}

START_TEST(depth_and_number_of_conditions_are_bounded)
{
    char json[4096];
    nest(json, sizeof json, 3);
    ck_assert_int_eq(compile(json), 0);
    nest(json, sizeof json, 4);
    ck_assert_int_eq(compile(json), SG_EINVAL);
    nest(json, sizeof json, 40);
    ck_assert_int_ne(compile(json), 0);
    for (int many = 20; many <= 21; many++) { /* in two groups: no list of them is too long */
        size_t n = (size_t)snprintf(json, sizeof json, "{\"any\":[");
        for (int i = 0; i < many; i++)
            n += (size_t)snprintf(json + n, sizeof json - n,
                                  "%s{\"field\":\"plays\",\"op\":\"is\",\"number\":%d}",
                                  i == 11  ? "]},{\"all\":["
                                  : i == 0 ? "{\"all\":["
                                           : ",",
                                  i);
        snprintf(json + n, sizeof json - n, "]}]}");
        ck_assert_int_eq(compile(json), many == 20 ? 0 : SG_EINVAL);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("playlist_rules");
    TCase *t = tcase_create("playlist_rules");
    tcase_add_test(t, conditions_become_fixed_text_and_parameters);
    tcase_add_test(t, listening_is_only_joined_where_it_is_asked_for_and_is_the_owners);
    tcase_add_test(t, hostile_names_are_refused_and_hostile_values_stay_parameters);
    tcase_add_test(t, depth_and_number_of_conditions_are_bounded);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    sg_arena_free(&arena);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
