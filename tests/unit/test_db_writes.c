/* test_db_writes.c - who wrote where, and the token that says so. */
#include "api/db/writes.h"
#include <check.h>
#include <stdlib.h>

START_TEST(the_latest_position_of_a_user_is_remembered)
{
    struct db_writes *w = db_writes_new();
    db_writes_note(w, 7, 100);
    db_writes_note(w, 7, 90);
    ck_assert_uint_eq(db_writes_of(w, 7), 100);
    ck_assert_uint_eq(db_writes_of(w, 8), 0);
    db_writes_note(w, 7, DB_LSN_PRIMARY);
    ck_assert_uint_eq(db_writes_of(w, 7), DB_LSN_PRIMARY);
    db_writes_free(w);
}
END_TEST

static const struct {
    const char *token;
    uint64_t lsn;
} tokens[] = {
    {"1-16b374d848", 0x16b374d848},
    {"1-0", 0},
    {"1-ffffffffffffffff", UINT64_MAX},
    {"1-fffffffffffffffff", 0},
    {"2-16", 0},
    {"1-", 0},
    {"", 0},
    {"1-XY", 0},
    {"1-1G", 0},
    {"-1-1", 0},
    {"1-16B3", 0},
};

START_TEST(a_token_is_read_as_written_and_others_as_none)
{
    char back[DB_TOKEN_MAX];
    ck_assert_uint_eq(db_token_read(sg_str(tokens[_i].token)), tokens[_i].lsn);
    db_token_write(tokens[_i].lsn, back);
    ck_assert_uint_eq(db_token_read(sg_str(back)), tokens[_i].lsn);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("db_writes");
    TCase *t = tcase_create("all");
    tcase_add_test(t, the_latest_position_of_a_user_is_remembered);
    tcase_add_loop_test(t, a_token_is_read_as_written_and_others_as_none, 0,
                        sizeof tokens / sizeof *tokens);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
