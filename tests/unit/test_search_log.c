/* test_search_log.c - ids of searches, people's hashes, personal data, recent searches. */
#include "api/search_log/parts.h"
#include "core/clock.h"
#include "core/digest.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(ids_are_ordered_by_time_and_read_back)
{
    unsigned char a[16], b[16], c[16];
    char text[SG_SEARCH_ID_CHARS + 1];
    int64_t before, after, end;
    do { /* once more when the clock was set back meanwhile */
        before = sg_wall_us() / 1000;
        sg_uuid_make(a);
        after = sg_wall_us() / 1000;
        sg_sleep_us(3000);
        sg_uuid_make(b);
        end = sg_wall_us() / 1000;
    } while (after < before || end < after + 3);
    ck_assert_int_lt(memcmp(a, b, 16), 0);
    sg_uuid_text(a, text);
    ck_assert(search_id_parse(sg_str(text), c));
    ck_assert_mem_eq(a, c, 16);
    ck_assert_int_ge(sg_uuid_ms(a), before);
    ck_assert_int_le(sg_uuid_ms(a), after);
    text[14] = '4';
    ck_assert(!search_id_parse(sg_str(text), c));
    text[14] = 'x';
    ck_assert(!search_id_parse(sg_str(text), c));
    ck_assert(!search_id_parse(SG_STR(""), c));
}
END_TEST

/* RFC 4231, case 2. */
START_TEST(the_keyed_hash_gives_the_standards_value)
{
    unsigned char mac[SG_SHA256_BYTES];
    char hex[2 * SG_SHA256_BYTES + 1];
    sg_hmac_sha256(SG_STR("Jefe"), SG_STR("what do ya want for nothing?"), mac);
    sg_hex(mac, sizeof mac, hex);
    ck_assert_str_eq(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}
END_TEST

START_TEST(a_key_stays_until_it_is_too_old)
{
    struct person_key a, b, c;
    struct sg_error e = SG_ERROR_INIT;
    const char *dir = test_scratch();
    char path[200];
    ck_assert_int_eq(person_key_load(&a, dir, 30, &e), 0);
    ck_assert_int_eq(person_key_load(&b, dir, 30, &e), 0);
    ck_assert_mem_eq(a.key, b.key, 16);
    ck_assert_uint_ne(person_hash(&a, 'u', 1), person_hash(&a, 'u', 2));
    ck_assert_uint_ne(person_hash(&a, 'u', 1), person_hash(&a, 'c', 1));
    a.made_us -= 31ll * 86400 * 1000000;
    snprintf(path, sizeof path, "%s/key", dir);
    FILE *f = fopen(path, "w");
    fwrite(&a, sizeof a, 1, f);
    fclose(f);
    ck_assert_int_eq(person_key_load(&c, dir, 30, &e), 0);
    ck_assert_mem_ne(a.key, c.key, 16);
    ck_assert_int_ne(a.period, c.period);
}
END_TEST

START_TEST(addresses_links_and_numbers_look_personal_titles_do_not)
{
    static const char *const yes[] = {"ann@example.org", "call 030 123456-7", "https://x.y",
                                      "www.ann.org", "4111 1111 1111 1111"};
    static const char *const no[] = {"99 problems", "1999", "blink-182 1999", "m@m",
                                     "@",           "+44",  "867-5309",       "year:1990..1999"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        ck_assert_msg(looks_personal(sg_str(yes[i])), "%s", yes[i]);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        ck_assert_msg(!looks_personal(sg_str(no[i])), "%s", no[i]);
}
END_TEST

START_TEST(recent_searches_are_bounded_and_typing_leaves_one)
{
    struct recent_cache *c = recent_open();
    struct sg_arena a = {0};
    struct sg_recent_search v[RECENT_KEPT];
    size_t n;
    char text[32];
    recent_add(c, 9, SG_STR("q"), 1000000);
    recent_add(c, 9, SG_STR("Que"), 2000000);
    recent_add(c, 9, SG_STR("Queen"), 3000000);
    recent_find(c, 9, SG_STR(""), v, RECENT_KEPT, &n, &a);
    ck_assert_uint_eq(n, 1);
    for (int64_t i = 0; i < 200; i++) {
        snprintf(text, sizeof text, "song %d", (int)i);
        recent_add(c, 9, sg_str(text), (100 + 20 * i) * 1000000);
    }
    recent_find(c, 9, SG_STR("song"), v, RECENT_KEPT, &n, &a);
    ck_assert_uint_eq(n, RECENT_KEPT);
    ck_assert(sg_str_eq(v[0].q, SG_STR("song 199")));
    recent_forget(c, 9, SG_STR("SONG 199"));
    recent_find(c, 9, SG_STR("song 199"), v, RECENT_KEPT, &n, &a);
    ck_assert_uint_eq(n, 0);
    recent_forget(c, 9, SG_STR_NONE);
    recent_find(c, 9, SG_STR(""), v, RECENT_KEPT, &n, &a);
    ck_assert_uint_eq(n, 0);
    sg_arena_free(&a);
    recent_close(c);
}
END_TEST

START_TEST(recent_searches_of_many_users_take_no_more_memory_than_they_may)
{
    struct recent_cache *c = recent_open();
    struct sg_arena a = {0};
    struct sg_recent_search v[RECENT_KEPT];
    size_t n, kept = 0;
    char text[500];
    memset(text, 'x', sizeof text);
    for (uint64_t user = 1; user <= 2000; user++)
        for (int i = 0; i < RECENT_KEPT; i++) {
            text[snprintf(text, sizeof text, "%d ", i)] = 'x';
            recent_add(c, user, (struct sg_str){text, sizeof text}, (1 + 20ll * i) * 1000000);
        }
    for (uint64_t user = 1; user <= 2000; user++) {
        recent_find(c, user, SG_STR(""), v, RECENT_KEPT, &n, &a);
        kept += n;
        sg_arena_reset(&a);
    }
    ck_assert_uint_gt(kept, 1000);
    ck_assert_uint_le(kept * sizeof text, 32 << 20);
    sg_arena_free(&a);
    recent_close(c);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("search log");
    TCase *t = tcase_create("search log");
    tcase_add_test(t, ids_are_ordered_by_time_and_read_back);
    tcase_add_test(t, the_keyed_hash_gives_the_standards_value);
    tcase_add_test(t, a_key_stays_until_it_is_too_old);
    tcase_add_test(t, addresses_links_and_numbers_look_personal_titles_do_not);
    tcase_add_test(t, recent_searches_are_bounded_and_typing_leaves_one);
    tcase_add_test(t, recent_searches_of_many_users_take_no_more_memory_than_they_may);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
