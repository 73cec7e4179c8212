/* test_catalogue_edits.c - what edits of the catalogue rest on: codes and dates, versions in ETags,
 * changes of a part, cursors. */
#include "api/catalogue/check.h"
#include "api/catalogue/cursor.h"
#include "api/catalogue/etag.h"
#include "api/catalogue/part.h"
#include "schemas/edits.h"
#include <check.h>
#include <stdlib.h>

static struct sg_arena a;
static struct sg_error e;

START_TEST(days_are_those_of_the_calendar)
{
    static const char *const good[] = {"1860-01-01", "2000-02-29", "2024-02-29", "2100-12-31"};
    static const char *const bad[] = {"1859-12-31", "1900-02-29",  "2023-02-29", "2101-01-01",
                                      "2020-13-01", "2020-00-10",  "2020-01-00", "2020-04-31",
                                      "2020-1-1",   "2020/01/01",  "20200101",   "-020-01-01",
                                      "2020-01-0x", "2020-01-01T", "infinity",   ""};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ck_assert_int_eq(sg_check_date("d", sg_str(good[i]), &e), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(sg_check_date("d", sg_str(bad[i]), &e) == SG_EINVAL, "%s", bad[i]);
    ck_assert_int_eq(sg_check_date("d", SG_STR_NONE, &e), 0);
}
END_TEST

START_TEST(codes_of_the_trade_are_checked_and_made_alike)
{
    struct sg_str s = SG_STR("us-rc1-76-07839");
    ck_assert_int_eq(sg_check_isrc(&a, &s, &e), 0);
    ck_assert(sg_str_eq(s, SG_STR("USRC17607839")));
    static const char *const wrong[] = {"USRC1760783",  "USRC176078399",      "1SRC17607839",
                                        "USRC1760783A", "US\303\251C1760783", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        s = sg_str(wrong[i]);
        ck_assert_msg(sg_check_isrc(&a, &s, &e) == SG_EINVAL, "%s", wrong[i]);
    }
    s = SG_STR("0 36000 29145 2"); /* GS1's own example of a UPC-A */
    ck_assert_int_eq(sg_check_upc(&a, &s, &e), 0);
    ck_assert(sg_str_eq(s, SG_STR("036000291452")));
    s = SG_STR("4006381333931"); /* EAN-13 */
    ck_assert_int_eq(sg_check_upc(&a, &s, &e), 0);
    s = SG_STR("036000291453");
    ck_assert_int_eq(sg_check_upc(&a, &s, &e), SG_EINVAL);
    s = SG_STR("03600029145");
    ck_assert_int_eq(sg_check_upc(&a, &s, &e), SG_EINVAL);
}
END_TEST

START_TEST(only_the_version_counts_for_an_edit)
{
    ck_assert(sg_etag_matches(SG_STR("\"7-00ff\""), 7));
    ck_assert(sg_etag_matches(SG_STR("\"7\""), 7));
    ck_assert(sg_etag_matches(SG_STR(" \"6-1\" , \"7-2\""), 7));
    ck_assert(sg_etag_matches(SG_STR("*"), 7));
    ck_assert(!sg_etag_matches(SG_STR("\"70-00ff\""), 7));
    ck_assert(!sg_etag_matches(SG_STR("\"-7\""), 7));
    ck_assert(!sg_etag_matches(SG_STR("W/\"7-00ff\""), 7));
    ck_assert(sg_etag_matches(SG_STR("W/\"7-0\", \"7-1\""), 7));
    ck_assert(!sg_etag_matches(SG_STR("7"), 7));
    ck_assert(!sg_etag_matches(SG_STR("\"7"), 7));
    ck_assert(!sg_etag_matches(SG_STR(""), 7));
    ck_assert(!sg_etag_matches(SG_STR("W/"), 7));
    ck_assert(!sg_etag_matches(SG_STR("\"x\" garbage \"7-1\""), 7));
}
END_TEST

START_TEST(a_part_is_laid_over_the_whole)
{
    const struct sg_record *part = &sg_song_change_record;
    struct sg_song_edit song = {.song_id = 3,
                                .artist_id = 4,
                                .title = SG_STR("Old"),
                                .genre = SG_STR("Rock"),
                                .duration = 200,
                                .play_count = 9};
    struct sg_song_edit change;
    uint64_t seen;
    ck_assert_int_eq(
        sg_record_from_json_part(part,
                                 SG_STR("{\"title\":\"New\",\"genre\":null,\"song_id\":1,"
                                        "\"artist_id\":1,\"play_count\":1}"),
                                 &a, &change, &seen, &e),
        0);
    ck_assert(sg_part_has(part, seen, "title") && !sg_part_has(part, seen, "duration") &&
              !sg_part_has(part, seen, "song_id"));
    ck_assert(sg_part_lay(part, &change, seen, &song));
    ck_assert(sg_str_eq(song.title, SG_STR("New")) && !song.genre.p);
    ck_assert(song.duration == 200 && song.song_id == 3 && song.artist_id == 4 &&
              song.play_count == 9);
    ck_assert(!sg_part_lay(part, &change, seen, &song)); /* nothing is another now */
}
END_TEST

START_TEST(a_cursor_comes_back_as_it_was)
{
    struct sg_place p = {'t', 0xdeadbeef, -5, 77,
                         SG_STR("Stra\xc3\x9f"
                                "e")},
                    q;
    struct sg_str text = sg_place_write(&a, &p);
    ck_assert_int_eq(sg_place_read(&a, text, 't', 0xdeadbeef, &q, &e), 0);
    ck_assert(q.number == -5 && q.id == 77 && sg_str_eq(q.text, p.text));
    ck_assert_int_eq(sg_place_read(&a, text, 'n', 0xdeadbeef, &q, &e), SG_EINVAL);
    ck_assert_int_eq(sg_place_read(&a, text, 't', 1, &q, &e), SG_EINVAL);
    for (size_t n = 0; n < text.n - 8; n++) /* shorter: refused, or a shorter text */
        if (sg_place_read(&a, (struct sg_str){text.p, n}, 't', 0xdeadbeef, &q, &e) == 0)
            ck_assert(q.text.n < p.text.n && sg_str_is_utf8(q.text));
    p.id = 0;
    ck_assert_int_eq(sg_place_read(&a, sg_place_write(&a, &p), 't', 0xdeadbeef, &q, &e), SG_EINVAL);
    p = (struct sg_place){'t', 1, 0, 1, {"a\0b", 3}};
    ck_assert_int_eq(sg_place_read(&a, sg_place_write(&a, &p), 't', 1, &q, &e), SG_EINVAL);
    ck_assert_int_eq(sg_place_read(&a, SG_STR("===="), 't', 1, &q, &e), SG_EINVAL);
}
END_TEST

static void teardown(void)
{
    sg_arena_free(&a);
    a = (struct sg_arena){0};
}

int main(void)
{
    Suite *s = suite_create("catalogue_edits");
    TCase *t = tcase_create("catalogue_edits");
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, days_are_those_of_the_calendar);
    tcase_add_test(t, codes_of_the_trade_are_checked_and_made_alike);
    tcase_add_test(t, only_the_version_counts_for_an_edit);
    tcase_add_test(t, a_part_is_laid_over_the_whole);
    tcase_add_test(t, a_cursor_comes_back_as_it_was);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
