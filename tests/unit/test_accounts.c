/* test_accounts.c - addresses, passwords, throttling and refresh tokens. */
#include "api/accounts/email.h"
#include "api/accounts/password.h"
#include "api/accounts/refresh_token.h"
#include "api/accounts/revoked.h"
#include "api/accounts/throttle.h"
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(addresses_are_normalised_or_refused)
{
    static const char *const good[][2] = {
        {"John.Doe@Example.ORG", "john.doe@example.org"},
        {"a+b@sub.example.co", "a+b@sub.example.co"},
        {"J\xc3\x96RG@EXAMPLE.DE", "j\xc3\xb6rg@example.de"},
        {"Jo\xcc\x88rg@example.de", "j\xc3\xb6rg@example.de"}, /* o, then the dots */
        {"stra\xc3\x9f"
         "e@example.de",
         "stra\xc3\x9f"
         "e@example.de"}, /* not strasse */
        {"\xd0\xbf\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0@\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc."
         "\xd1\x80\xd1\x84",
         "\xd0\xbf\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0@\xd0\xbf\xd1\x80\xd0\xb8\xd0\xbc."
         "\xd1\x80\xd1\x84"},
    };
    static const char *const bad[] = {"",
                                      "a",
                                      "@",
                                      "a@",
                                      "@b.c",
                                      "a@b",
                                      "a@b..c",
                                      "a@.b.c",
                                      "a@b.c.",
                                      ".a@b.c",
                                      "a.@b.c",
                                      "a..b@b.c",
                                      "a b@b.c",
                                      " a@b.c",
                                      "a@b.c\n",
                                      "a@b.c\r\nBcc: d@e.f",
                                      "a,b@b.c",
                                      "\"a\"@b.c",
                                      "<a@b.c>",
                                      "a@b@c.d",
                                      "a@-b.c",
                                      "a@b-.c",
                                      "a@b_c.d",
                                      "a\x7f@b.c",
                                      "a\xe2\x80\xae@b.c", /* right to left from here on */
                                      "a\xe2\x80\x8b@b.c", /* a space without width */
                                      "a\xc2\xa0@b.c",
                                      "a\xff@b.c",
                                      "a\xed\xa0\x80@b.c"};
    char out[SG_EMAIL_MAX + 1], text[600];
    struct sg_error e = SG_ERROR_INIT;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        ck_assert_msg(!sg_email_normalise(sg_str(good[i][0]), out, &e), "%s", good[i][0]);
        ck_assert_str_eq(out, good[i][1]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(sg_email_normalise(sg_str(bad[i]), out, &e) == SG_EINVAL, "%s", bad[i]);
    ck_assert_str_eq(e.field, "email");
    memset(text, 'a', sizeof text);
    memcpy(text + 64, "@b.c", 5);
    ck_assert_int_eq(sg_email_normalise(sg_str(text), out, &e), 0);
    memcpy(text + 64, "a@b.c", 6);
    ck_assert_int_eq(sg_email_normalise(sg_str(text), out, &e), SG_EINVAL);
    memset(text, 'a', sizeof text);
    memcpy(text, "a@", 2);
    for (int i = 10; i < 255; i += 10)
        text[i] = '.';
    ck_assert_int_eq(sg_email_normalise((struct sg_str){text, 254}, out, &e), 0);
    ck_assert_int_eq(sg_email_normalise((struct sg_str){text, 255}, out, &e), SG_EINVAL);
}
END_TEST

START_TEST(passwords_are_judged_by_length_and_by_what_is_guessed_first)
{
    struct sg_error e = SG_ERROR_INIT;
    char text[300];
    static const char *const bad[] = {
        "", "1234567", "PassWord", "password123", "aaaaaaaaaaaa", "me@Example.org"};
    static const char *const good[] = {"12345678a", "correct horse",
                                       "\xd1\x8f\xd1\x8f\xd1\x8f\xd0\xb1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(sg_password_judge(sg_str(bad[i]), SG_STR("me@example.org"), "p", &e) ==
                          SG_EINVAL,
                      "%s", bad[i]);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_msg(!sg_password_judge(sg_str(good[i]), SG_STR("me@example.org"), "p", &e), "%s",
                      good[i]);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 26);
    ck_assert_int_eq(sg_password_judge((struct sg_str){text, 256}, SG_STR_NONE, "p", &e), 0);
    ck_assert_int_eq(sg_password_judge((struct sg_str){text, 257}, SG_STR_NONE, "p", &e),
                     SG_EINVAL);
}
END_TEST

static struct sg_config config;
static struct sg_passwords *passwords;
static int refused, good_ones;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *check_one(void *hash)
{
    struct sg_error e = SG_ERROR_INIT;
    bool good = false, old;
    int rc = sg_password_check(passwords, SG_STR("correct horse"), hash, &good, &old, &e);
    pthread_mutex_lock(&lock);
    refused += rc == SG_EBUSY;
    good_ones += !rc && good;
    pthread_mutex_unlock(&lock);
    return NULL;
}

START_TEST(a_storm_of_passwords_is_bounded_and_what_gets_in_is_right)
{
    struct sg_error e = SG_ERROR_INIT;
    char hash[SG_PASSWORD_HASH_MAX];
    bool good, old;
    pthread_t threads[32];
    sg_config_defaults(&config);
    config.api.workers = 16;
    ck_assert_int_eq(sg_passwords_open(&passwords, &config, &e), 0);
    ck_assert_int_eq(sg_password_hash(passwords, SG_STR("correct horse"), hash, &e), 0);
    ck_assert_int_eq(strncmp(hash, "$argon2id$v=19$m=19456,t=2,p=1$", 31), 0);
    ck_assert_int_eq(sg_password_check(passwords, SG_STR("correct horsE"), hash, &good, &old, &e),
                     0);
    ck_assert(!good && !old);
    ck_assert_int_eq(sg_password_check(passwords, SG_STR("correct horse"), NULL, &good, &old, &e),
                     0);
    ck_assert(!good);
    ck_assert_int_eq(sg_password_check(passwords, SG_STR("correct horse"), "!", &good, &old, &e),
                     0);
    ck_assert(!good);
    for (int i = 0; i < 32; i++)
        pthread_create(&threads[i], NULL, check_one, hash);
    for (int i = 0; i < 32; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_eq(refused + good_ones, 32);
    ck_assert_int_ge(good_ones, 4); /* a quarter of the workers */
    sg_passwords_close(passwords);
    config.auth.argon_passes = 3;
    ck_assert_int_eq(sg_passwords_open(&passwords, &config, &e), 0);
    ck_assert_int_eq(sg_password_check(passwords, SG_STR("correct horse"), hash, &good, &old, &e),
                     0);
    ck_assert(good && old);
    sg_passwords_close(passwords);
}
END_TEST

#define S 1000000 /* us */

START_TEST(who_tries_too_often_waits_longer_each_time_and_is_forgotten_later)
{
    struct sg_throttle *t = sg_throttle_open();
    int64_t now = S, wait, before = 0;
    for (int i = 0; i < 11; i++)
        ck_assert_int_eq(sg_throttle_try(t, SG_THROTTLE_ACCOUNT, 7, now), 0);
    for (int i = 0; i < 12; i++) {
        wait = sg_throttle_try(t, SG_THROTTLE_ACCOUNT, 7, now);
        ck_assert_int_ge(wait, before);
        ck_assert_int_le(wait, 900);
        ck_assert_int_eq(sg_throttle_try(t, SG_THROTTLE_ACCOUNT, 7, now + wait * S - S / 2), 1);
        now += wait * S;
        ck_assert_int_eq(sg_throttle_try(t, SG_THROTTLE_ACCOUNT, 7, now), 0);
        before = wait > 60 ? 0 : wait; /* long waits drain the bucket */
    }
    ck_assert_int_eq(sg_throttle_try(t, SG_THROTTLE_ACCOUNT, 8, now), 0); /* another's */
    ck_assert_int_eq(sg_throttle_try(t, SG_THROTTLE_ADDRESS, 7, now), 0);
    now += 3600LL * S;
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(sg_throttle_try(t, SG_THROTTLE_ACCOUNT, 7, now), 0);
    sg_throttle_good(t, SG_THROTTLE_ACCOUNT, 7, now);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(sg_throttle_try(t, SG_THROTTLE_ACCOUNT, 7, now), 0);
    sg_throttle_close(t);
}
END_TEST

START_TEST(a_flood_of_others_does_not_free_who_waits)
{
    struct sg_throttle *t = sg_throttle_open();
    int64_t now = S;
    for (int i = 0; i < 20; i++)
        sg_throttle_try(t, SG_THROTTLE_ACCOUNT, 7, now);
    ck_assert_int_gt(sg_throttle_try(t, SG_THROTTLE_ACCOUNT, 7, now), 0);
    for (uint64_t i = 100; i < 300000; i++)
        sg_throttle_try(t, SG_THROTTLE_ACCOUNT, i * 0x9e3779b97f4a7c15u, now);
    ck_assert_int_gt(sg_throttle_try(t, SG_THROTTLE_ACCOUNT, 7, now), 0);
    sg_throttle_close(t);
}
END_TEST

START_TEST(refresh_tokens_have_one_text_and_prove_where_they_come_from)
{
    unsigned char key[32] = {1}, other[32] = {2}, salt[32] = {3};
    struct sg_refresh_token t = {.session_id = 77, .generation = 5, .secret = {9}}, r, next, again;
    struct sg_buf b = {0};
    sg_refresh_token_write(&t, key, &b);
    ck_assert_uint_eq(b.n, 90);
    ck_assert(sg_refresh_token_read(sg_buf_str(&b), &r));
    ck_assert(r.session_id == 77 && r.generation == 5 && !memcmp(r.secret, t.secret, 32));
    ck_assert(sg_refresh_token_genuine(&r, key) && !sg_refresh_token_genuine(&r, other));
    for (size_t i = 0; i < b.n; i++) { /* any change is none, or not genuine */
        char was = b.p[i];
        b.p[i] = was == 'A' ? 'B' : 'A';
        ck_assert(!sg_refresh_token_read(sg_buf_str(&b), &r) || !sg_refresh_token_genuine(&r, key));
        b.p[i] = was;
    }
    for (size_t n = 0; n < b.n; n++)
        ck_assert(!sg_refresh_token_read((struct sg_str){b.p, n}, &r));
    sg_refresh_token_next(&t, salt, &next);
    sg_refresh_token_next(&t, salt, &again);
    ck_assert(next.generation == 6 && !memcmp(next.secret, again.secret, 32));
    salt[0] = 4;
    sg_refresh_token_next(&t, salt, &again);
    ck_assert(memcmp(next.secret, again.secret, 32) != 0);
    sg_buf_free(&b);
}
END_TEST

START_TEST(what_has_ended_is_known_until_its_tokens_have_expired)
{
    struct sg_revoked *r = sg_revoked_open();
    int64_t far = INT64_MAX / 2;
    struct sg_changed_claims c = {.roles = 1, .changed_us = 100}, out;
    for (uint64_t i = 1; i <= 5000; i++)
        ck_assert(sg_revoked_put_session(r, i * 1000003, i % 2 ? far : 1));
    for (uint64_t i = 1; i <= 5000; i += 2)
        ck_assert(sg_revoked_has_session(r, i * 1000003));
    ck_assert(!sg_revoked_has_session(r, 5));
    ck_assert_uint_eq(sg_revoked_forget(r, 2), 2500);
    ck_assert(!sg_revoked_has_session(r, 2 * 1000003));
    ck_assert(!sg_revoked_find_claims(r, 9, &out));
    ck_assert(sg_revoked_put_claims(r, 9, &c, far));
    c = (struct sg_changed_claims){.roles = 2, .changed_us = 99};
    ck_assert(sg_revoked_put_claims(r, 9, &c, far)); /* read before, told after */
    ck_assert(sg_revoked_find_claims(r, 9, &out) && out.roles == 1);
    c.changed_us = 101;
    ck_assert(sg_revoked_put_claims(r, 9, &c, far));
    ck_assert(sg_revoked_find_claims(r, 9, &out) && out.roles == 2);
    sg_revoked_close(r);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("accounts");
    TCase *t = tcase_create("accounts");
    tcase_add_test(t, addresses_are_normalised_or_refused);
    tcase_add_test(t, passwords_are_judged_by_length_and_by_what_is_guessed_first);
    tcase_add_test(t, a_storm_of_passwords_is_bounded_and_what_gets_in_is_right);
    tcase_add_test(t, who_tries_too_often_waits_longer_each_time_and_is_forgotten_later);
    tcase_add_test(t, a_flood_of_others_does_not_free_who_waits);
    tcase_add_test(t, refresh_tokens_have_one_text_and_prove_where_they_come_from);
    tcase_add_test(t, what_has_ended_is_known_until_its_tokens_have_expired);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
