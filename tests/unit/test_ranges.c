/* test_ranges.c - the Range header and the preconditions of GET, by the tables of RFC 9110. */
#include "api/http/conditions.h"
#include "api/http/ranges.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* "0-499,9500-9999", "all", "outside": what is understood of a header for so many bytes. */
static const char *read_as(const char *header, uint64_t bytes)
{
    static char text[600];
    struct sg_ranges r;
    enum sg_ranges_said said = sg_ranges_read(sg_str(header), bytes, &r);
    size_t n = 0;
    if (said != SG_RANGES_SOME)
        return said == SG_RANGES_NONE ? "all" : "outside";
    for (size_t i = 0; i < r.n; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%llu-%llu", i ? "," : "",
                              (unsigned long long)r.v[i].from,
                              (unsigned long long)(r.v[i].from + r.v[i].n - 1));
    return text;
}

START_TEST(ranges_are_read_as_rfc_9110_says)
{
    static const struct {
        const char *header;
        uint64_t bytes;
        const char *as;
    } all[] = {
        /* section 14.1.2's examples, of 10,000 bytes */
        {"bytes=0-499", 10000, "0-499"},
        {"bytes=500-999", 10000, "500-999"},
        {"bytes=-500", 10000, "9500-9999"},
        {"bytes=9500-", 10000, "9500-9999"},
        {"bytes=0-0,-1", 10000, "0-0,9999-9999"},
        {"bytes= 0-0, -1", 10000, "0-0,9999-9999"},
        {"bytes=0-999, 4500-5499, -1000", 10000, "0-999,4500-5499,9000-9999"},
        {"bytes=500-600,601-999", 10000, "500-999"},
        {"bytes=500-700,601-999", 10000, "500-999"},
        /* its rules */
        {"BYTES=0-0", 10, "0-0"},
        {"bytes=0-99", 10, "0-9"},
        {"bytes=-99", 10, "0-9"},
        {"bytes=9-9", 10, "9-9"},
        {"bytes=10-", 10, "outside"},
        {"bytes=10-20,30-", 10, "outside"},
        {"bytes=-0", 10, "outside"},
        {"bytes=5-6,10-", 10, "5-6"},
        {"bytes=,,1-2,", 10, "1-2"},
        {"bytes=0-", 0, "outside"},
        {"bytes=-5", 0, "outside"},
        {"bytes=0-99999999999999999999999", 10, "0-9"},
        {"bytes=99999999999999999999999-", 10, "outside"},
        {"bytes=-99999999999999999999999", 10, "0-9"},
        /* what is malformed, or another unit, does not count */
        {"bytes=2-1", 10, "all"},
        {"bytes=1-2,5-4", 10, "all"},
        {"bytes=", 10, "all"},
        {"bytes=,", 10, "all"},
        {"bytes=a-b", 10, "all"},
        {"bytes=1", 10, "all"},
        {"bytes=-", 10, "all"},
        {"bytes=--1", 10, "all"},
        {"bytes=1--2", 10, "all"},
        {"bytes=+1-2", 10, "all"},
        {"bytes=1-2;3-4", 10, "all"},
        {"bytes 1-2", 10, "all"},
        {"items=0-1", 10, "all"},
        {"", 10, "all"},
        {NULL, 10, "all"},
        /* overlapping and near ones are one, so that nothing is sent twice */
        {"bytes=0-9,5-14,100-199", 1000, "0-14,100-199"},
        {"bytes=500-599,0-9", 1000, "500-599,0-9"},
        {"bytes=500-599,0-9,590-699", 1000, "0-9,500-699"},
        {"bytes=0-,0-,0-,0-,0-", 1000, "0-999"},
        {"bytes=0-9,50-59", 1000, "0-59"},
        {"bytes=0-9,90-99", 1000, "0-9,90-99"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        ck_assert_msg(strcmp(read_as(all[i].header, all[i].bytes), all[i].as) == 0,
                      "%s of %llu: %s, expected %s", all[i].header,
                      (unsigned long long)all[i].bytes, read_as(all[i].header, all[i].bytes),
                      all[i].as);
}
END_TEST

START_TEST(more_ranges_than_are_read_are_the_whole)
{
    char text[2000] = "bytes=";
    for (int i = 0; i < SG_RANGES_MAX; i++)
        snprintf(text + strlen(text), 40, "%d-%d,", i * 1000, i * 1000 + 9);
    struct sg_ranges r;
    ck_assert_int_eq(sg_ranges_read(sg_str(text), 1000000, &r), SG_RANGES_SOME);
    ck_assert_uint_eq(r.n, SG_RANGES_MAX);
    strcat(text, "900000-");
    ck_assert_str_eq(read_as(text, 1000000), "all");
}
END_TEST

static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT",
                  before[] = "Sun, 06 Nov 1994 08:49:36 GMT",
                  after[] = "Sun, 06 Nov 1994 08:49:38 GMT";
#define AT 784111777

START_TEST(dates_are_read_as_they_are_written)
{
    char out[SG_HTTP_DATE];
    int64_t s;
    sg_http_date(AT, out);
    ck_assert_str_eq(out, date);
    ck_assert(sg_http_date_read(sg_str(date), &s) && s == AT);
    sg_http_date(0, out);
    ck_assert_str_eq(out, "Thu, 01 Jan 1970 00:00:00 GMT");
    sg_http_date(951782399, out);
    ck_assert_str_eq(out, "Mon, 28 Feb 2000 23:59:59 GMT");
    ck_assert(!sg_http_date_read(sg_str("Mon, 06 Nov 1994 08:49:37 GMT"), &s));
    ck_assert(!sg_http_date_read(sg_str("Sun, 31 Feb 1994 08:49:37 GMT"), &s));
    ck_assert(!sg_http_date_read(sg_str("Sunday, 06-Nov-94 08:49:37 GMT"), &s));
    ck_assert(!sg_http_date_read(sg_str("Sun, 06 Nov 1994 08:49:37 CET"), &s));
    ck_assert(!sg_http_date_read(SG_STR_NONE, &s));
}
END_TEST

START_TEST(preconditions_are_judged_in_the_order_of_section_13_2_2)
{
    static const struct {
        const char *match, *unmodified, *none_match, *modified;
        int status;
    } all[] = {
        {NULL, NULL, NULL, NULL, 0},
        {"\"a\"", NULL, NULL, NULL, 0},
        {"*", NULL, NULL, NULL, 0},
        {"\"x\", \"a\"", NULL, NULL, NULL, 0},
        {"\"x\"", NULL, NULL, NULL, 412},
        {"W/\"a\"", NULL, NULL, NULL, 412}, /* compared strongly */
        {NULL, date, NULL, NULL, 0},
        {NULL, before, NULL, NULL, 412},
        {"\"a\"", before, NULL, NULL, 0}, /* If-Match goes before */
        {NULL, "yesterday", NULL, NULL, 0},
        {NULL, NULL, "\"a\"", NULL, 304},
        {NULL, NULL, "W/\"a\"", NULL, 304}, /* compared weakly */
        {NULL, NULL, "\"x\", \"a\"", NULL, 304},
        {NULL, NULL, "*", NULL, 304},
        {NULL, NULL, "\"x\"", NULL, 0},
        {NULL, NULL, "\"x\"", date, 0}, /* If-None-Match goes before */
        {NULL, NULL, NULL, date, 304},
        {NULL, NULL, NULL, after, 304},
        {NULL, NULL, NULL, before, 0},
        {NULL, NULL, NULL, "tomorrow", 0},
        {"\"a\"", NULL, "\"a\"", NULL, 304},
        {"\"x\"", NULL, "\"a\"", NULL, 412},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct sg_conditions c = {.match = sg_str(all[i].match),
                                  .unmodified = sg_str(all[i].unmodified),
                                  .none_match = sg_str(all[i].none_match),
                                  .modified = sg_str(all[i].modified)};
        ck_assert_msg(sg_conditions_judge(&c, SG_STR("\"a\""), AT) == all[i].status, "row %zu", i);
    }
}
END_TEST

START_TEST(if_range_counts_only_for_what_is_still_the_same)
{
    static const struct {
        const char *range;
        bool counts;
    } all[] = {{NULL, true},       {"\"a\"", true}, {"\"b\"", false},
               {"W/\"a\"", false}, {date, true},    {before, false},
               {after, false},     {"*", false},    {"\"a\", \"b\"", false}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct sg_conditions c = {.range = sg_str(all[i].range)};
        ck_assert_msg(sg_conditions_range(&c, SG_STR("\"a\""), AT) == all[i].counts, "row %zu", i);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ranges");
    TCase *c = tcase_create("all");
    tcase_add_test(c, ranges_are_read_as_rfc_9110_says);
    tcase_add_test(c, more_ranges_than_are_read_are_the_whole);
    tcase_add_test(c, dates_are_read_as_they_are_written);
    tcase_add_test(c, preconditions_are_judged_in_the_order_of_section_13_2_2);
    tcase_add_test(c, if_range_counts_only_for_what_is_still_the_same);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
