/* test_instant.c - points of time as texts; UUIDs. */
#include "core/clock.h"
#include "core/instant.h"
#include "core/uuid.h"
#include <check.h>
#include <stdlib.h>

static int64_t at(const char *text)
{
    int64_t us = -1;
    return sg_instant_parse(sg_str(text), &us) ? us : -1;
}

START_TEST(times_are_read_in_every_zone_and_shape)
{
    ck_assert_int_eq(at("1970-01-01T00:00:00Z"), 0);
    ck_assert_int_eq(at("2026-11-29T14:05:06Z"), 1795961106000000);
    ck_assert_int_eq(at("2026-11-29t15:05:06.25+01:00"), 1795961106250000);
    ck_assert_int_eq(at("2026-11-29 09:05:06.123456789-05:00"), 1795961106123456);
    ck_assert_int_eq(at("2016-12-31T23:59:60Z"), 1483228800000000);
}
END_TEST

START_TEST(what_is_no_time_is_refused)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11-29",
        "2026-11-29T14:05:06",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-29T24:00:00Z",
        "2026-11-29T14:05:06.Z",
        "2026-11-29T14:05:06Zx",
        "2026-11-29T14:05:06+0100",
        "2026-11-29T14:05:06+24:00",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "-026-11-29T14:05:06Z",
        "2026-11-29T14:05:6 Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(at(bad[i]) == -1, "%s", bad[i]);
}
END_TEST

START_TEST(what_is_written_reads_the_same)
{
    char text[SG_INSTANT_CHARS + 1];
    static const int64_t v[] = {0, 1, 999999, 1795961106000000, 1795961106250000};
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        sg_instant_text(v[i], text);
        ck_assert_int_eq(at(text), v[i]);
    }
    sg_instant_text(1795961106000000, text);
    ck_assert_str_eq(text, "2026-11-29T14:05:06Z");
}
END_TEST

START_TEST(uuids_are_read_in_any_version_and_made_in_order_of_time)
{
    unsigned char id[16], again[16];
    char text[SG_UUID_CHARS + 1];
    int64_t before, after;
    do { /* once more when the clock was set back meanwhile */
        before = sg_wall_us() / 1000;
        sg_uuid_make(id);
        after = sg_wall_us() / 1000;
    } while (after < before);
    sg_uuid_text(id, text);
    ck_assert(sg_uuid_parse(sg_str(text), again));
    ck_assert_mem_eq(id, again, 16);
    ck_assert(sg_uuid_is_v7(id));
    ck_assert_int_ge(sg_uuid_ms(id), before);
    ck_assert_int_le(sg_uuid_ms(id), after);
    ck_assert(sg_uuid_parse(SG_STR("F47AC10B-58cc-4372-a567-0e02b2c3d479"), id));
    ck_assert(!sg_uuid_is_v7(id));
    ck_assert(!sg_uuid_parse(SG_STR("f47ac10b58cc4372a5670e02b2c3d479"), id));
    ck_assert(!sg_uuid_parse(SG_STR("f47ac10b-58cc-4372-a567-0e02b2c3d47g"), id));
    ck_assert(!sg_uuid_parse(SG_STR("00000000-0000-0000-0000-000000000000"), id));
    ck_assert(!sg_uuid_parse(SG_STR("ffffffff-ffff-ffff-ffff-ffffffffffff"), id));
    ck_assert(!sg_uuid_parse(SG_STR(""), id));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("instant");
    TCase *t = tcase_create("instant");
    tcase_add_test(t, times_are_read_in_every_zone_and_shape);
    tcase_add_test(t, what_is_no_time_is_refused);
    tcase_add_test(t, what_is_written_reads_the_same);
    tcase_add_test(t, uuids_are_read_in_any_version_and_made_in_order_of_time);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? 1 : 0;
}
