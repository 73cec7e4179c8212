/* test_position.c - keys between keys: order, uniqueness and length, whatever is asked. */
#include "api/playlists/position.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define MANY 10000

static struct sg_arena arena;
static struct sg_str keys[MANY];
static size_t n;
static uint64_t seed;

static uint64_t random_below(uint64_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
}

static void setup(void)
{
    n = 0;
    seed = 7;
}

static void teardown(void)
{
    sg_arena_free(&arena);
}

static bool insert(size_t at, enum sg_position_lean lean)
{
    struct sg_str low = at ? keys[at - 1] : SG_STR(""), high = at < n ? keys[at] : SG_STR_NONE, key;
    if (!sg_positions_between(low, high, lean, seed++, 1, &arena, &key))
        return false;
    memmove(keys + at + 1, keys + at, (n - at) * sizeof *keys);
    keys[at] = key;
    n++;
    return true;
}

static size_t check_order_and_length(void)
{
    size_t longest = 0;
    for (size_t i = 0; i < n; i++) {
        ck_assert(sg_position_valid(keys[i]));
        ck_assert(!i || sg_str_cmp(keys[i - 1], keys[i]) < 0);
        longest = keys[i].n > longest ? keys[i].n : longest;
    }
    return longest;
}

START_TEST(appending_ten_thousand_keeps_keys_at_six_digits)
{
    while (n < MANY)
        ck_assert(insert(n, n ? SG_LEAN_LOW : SG_LEAN_MIDDLE));
    ck_assert_uint_eq(check_order_and_length(), 6);
}
END_TEST

START_TEST(always_before_the_first_keeps_keys_at_six_digits)
{
    while (n < MANY)
        ck_assert(insert(0, n ? SG_LEAN_HIGH : SG_LEAN_MIDDLE));
    ck_assert_uint_eq(check_order_and_length(), 6);
}
END_TEST

START_TEST(always_behind_one_key_takes_at_most_ten_digits)
{
    ck_assert(insert(0, SG_LEAN_MIDDLE) && insert(1, SG_LEAN_LOW));
    while (n < MANY)
        ck_assert(insert(1, SG_LEAN_HIGH));
    ck_assert_uint_le(check_order_and_length(), 10);
}
END_TEST

START_TEST(always_before_one_key_takes_at_most_ten_digits)
{
    ck_assert(insert(0, SG_LEAN_MIDDLE) && insert(1, SG_LEAN_LOW));
    while (n < MANY)
        ck_assert(insert(n - 1, SG_LEAN_LOW));
    ck_assert_uint_le(check_order_and_length(), 10);
}
END_TEST

START_TEST(anywhere_at_random_stays_below_the_worn_length)
{
    static const enum sg_position_lean leans[] = {SG_LEAN_LOW, SG_LEAN_MIDDLE, SG_LEAN_HIGH};
    while (n < MANY)
        ck_assert(insert(random_below(n + 1), leans[random_below(3)]));
    ck_assert_uint_lt(check_order_and_length(), SG_POSITION_LONG);
}
END_TEST

START_TEST(always_between_the_last_two_ends_in_a_refusal_and_never_out_of_order)
{
    size_t at = 1;
    ck_assert(insert(0, SG_LEAN_MIDDLE) && insert(1, SG_LEAN_LOW));
    while (n < MANY && insert(at, n % 2 ? SG_LEAN_LOW : SG_LEAN_HIGH))
        at += n % 2;
    ck_assert_uint_gt(n, 64);
    ck_assert_uint_lt(n, MANY);
    ck_assert_uint_le(check_order_and_length(), SG_POSITION_MAX);
}
END_TEST

START_TEST(several_at_once_are_in_order_within_their_gap)
{
    struct sg_str out[1000];
    for (int lean = SG_LEAN_MIDDLE; lean <= SG_LEAN_HIGH; lean++) {
        ck_assert(sg_positions_between(SG_STR("V"), SG_STR("V0000002"), (enum sg_position_lean)lean,
                                       1, 1000, &arena, out));
        ck_assert(sg_str_cmp(SG_STR("V"), out[0]) < 0);
        ck_assert(sg_str_cmp(out[999], SG_STR("V0000002")) < 0);
        for (size_t i = 1; i < 1000; i++)
            ck_assert(sg_str_cmp(out[i - 1], out[i]) < 0);
    }
}
END_TEST

START_TEST(spread_keys_are_even_short_and_within_their_gap)
{
    struct sg_str out[MANY];
    ck_assert(sg_positions_spread(SG_STR(""), SG_STR_NONE, MANY, &arena, out));
    for (size_t i = 0; i < MANY; i++) {
        ck_assert_uint_le(out[i].n, 6);
        ck_assert(sg_position_valid(out[i]) && (!i || sg_str_cmp(out[i - 1], out[i]) < 0));
    }
    ck_assert(sg_positions_spread(SG_STR("A1"), SG_STR("A2"), 100, &arena, out));
    ck_assert(sg_str_cmp(SG_STR("A1"), out[0]) < 0 && sg_str_cmp(out[99], SG_STR("A2")) < 0);
}
END_TEST

START_TEST(between_imported_keys_and_at_their_end_there_is_room)
{
    struct sg_str key;
    ck_assert(sg_positions_between(SG_STR("00000AV"), SG_STR("00000BV"), SG_LEAN_LOW, 1, 1, &arena,
                                   &key));
    ck_assert(sg_str_cmp(SG_STR("00000AV"), key) < 0 && sg_str_cmp(key, SG_STR("00000BV")) < 0);
    ck_assert(
        sg_positions_between(SG_STR("zzzzzzz"), SG_STR_NONE, SG_LEAN_LOW, 1, 1, &arena, &key));
    ck_assert(sg_str_cmp(SG_STR("zzzzzzz"), key) < 0);
    ck_assert(
        sg_positions_between(SG_STR(""), SG_STR("0000001"), SG_LEAN_HIGH, 1, 1, &arena, &key));
    ck_assert(sg_str_cmp(key, SG_STR("0000001")) < 0);
}
END_TEST

START_TEST(what_is_no_gap_or_no_key_is_refused)
{
    struct sg_str key;
    static const char *const pairs[][2] = {
        {"V", "V"},   {"V", "U"}, {"V0", "W"}, {"A", "B0"},
        {"a-b", "c"}, {"", "0"},  {"", ""},    {"\xc3\xa9", NULL},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        ck_assert(!sg_positions_between(sg_str(pairs[i][0]), sg_str(pairs[i][1]), SG_LEAN_MIDDLE, 1,
                                        1, &arena, &key));
    ck_assert(!sg_position_valid(SG_STR("")) && !sg_position_valid(SG_STR("a b")));
}
END_TEST

START_TEST(two_writers_at_one_place_hardly_ever_make_the_same_key)
{
    size_t same = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        struct sg_str a, b;
        ck_assert(sg_positions_between(SG_STR("V"), SG_STR_NONE, SG_LEAN_LOW, i, 1, &arena, &a));
        ck_assert(
            sg_positions_between(SG_STR("V"), SG_STR_NONE, SG_LEAN_LOW, i + 5000, 1, &arena, &b));
        same += sg_str_eq(a, b);
    }
    ck_assert_uint_lt(same, 10);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("position");
    TCase *t = tcase_create("position");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, appending_ten_thousand_keeps_keys_at_six_digits);
    tcase_add_test(t, always_before_the_first_keeps_keys_at_six_digits);
    tcase_add_test(t, always_behind_one_key_takes_at_most_ten_digits);
    tcase_add_test(t, always_before_one_key_takes_at_most_ten_digits);
    tcase_add_test(t, anywhere_at_random_stays_below_the_worn_length);
    tcase_add_test(t, always_between_the_last_two_ends_in_a_refusal_and_never_out_of_order);
    tcase_add_test(t, several_at_once_are_in_order_within_their_gap);
    tcase_add_test(t, spread_keys_are_even_short_and_within_their_gap);
    tcase_add_test(t, between_imported_keys_and_at_their_end_there_is_room);
    tcase_add_test(t, what_is_no_gap_or_no_key_is_refused);
    tcase_add_test(t, two_writers_at_one_place_hardly_ever_make_the_same_key);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
