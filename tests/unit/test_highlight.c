/* Which bytes of the original text light up. */
#include "query/highlight.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_query q;
static struct sg_reading reading;

/* text with its lit parts in brackets */
static const char *lit(const char *query, const char *text)
{
    static char out[2048];
    struct sg_range ranges[SG_HIGHLIGHTS_MAX];
    struct sg_search_request r;
    struct sg_error err;
    sg_record_init(&sg_search_request_record, &r);
    r.q = sg_str(query);
    ck_assert_int_eq(sg_query_parse(&q, &r, &err), 0);
    sg_reading_as_typed(&reading, &q);
    size_t n = sg_highlight(&reading, sg_str(text), ranges, SG_HIGHLIGHTS_MAX), used = 0, at = 0;
    for (size_t i = 0; i < n; i++) {
        used += (size_t)sprintf(out + used, "%.*s[%.*s]", (int)(ranges[i].from - at), text + at,
                                (int)(ranges[i].to - ranges[i].from), text + ranges[i].from);
        at = ranges[i].to;
    }
    strcpy(out + used, text + at);
    return out;
}

START_TEST(whole_words_light_up)
{
    ck_assert_str_eq(lit("of you ", "Shape of You"), "Shape [of] [You]");
    ck_assert_str_eq(lit("nothing ", "Shape of You"), "Shape of You");
}
END_TEST

START_TEST(an_unfinished_word_lights_up_as_far_as_typed)
{
    ck_assert_str_eq(lit("lig", "Blinding Lights"), "Blinding [Lig]hts");
    ck_assert_str_eq(lit("lights", "Blinding Lights"), "Blinding [Lights]");
}
END_TEST

START_TEST(original_letters_are_lit_not_folded_ones)
{
    ck_assert_str_eq(lit("beyon", "Beyonc\xc3\xa9"), "[Beyon]c\xc3\xa9");
    ck_assert_str_eq(lit("beyonce", "Beyonc\xc3\xa9!"), "[Beyonc\xc3\xa9]!");
    ck_assert_str_eq(lit("stras", "Stra\xc3\x9f"
                                  "e"),
                     "[Stra\xc3\x9f]e");
    ck_assert_str_eq(lit("e", "e\xcc\x81t\xc3\xa9"), "[e\xcc\x81]t\xc3\xa9");
}
END_TEST

START_TEST(joined_words_light_up_with_their_marks)
{
    ck_assert_str_eq(lit("dont ", "Don't Stop"), "[Don't] Stop");
}
END_TEST

START_TEST(overlapping_bigrams_are_one_range)
{
    ck_assert_str_eq(lit("\xe6\x9d\xb1\xe4\xba\xac\xe3\x82\xbf ",
                         "\xe6\x9d\xb1\xe4\xba\xac\xe3\x82\xbf\xe3\x83\xaf"),
                     "[\xe6\x9d\xb1\xe4\xba\xac\xe3\x82\xbf]\xe3\x83\xaf");
}
END_TEST

START_TEST(ranges_end_on_characters_of_any_text)
{
    struct sg_str texts[] = {SG_STR("a\xff\xfe b"), SG_STR(""), SG_STR("!!!"), SG_STR("\xc3")};
    struct sg_range ranges[SG_HIGHLIGHTS_MAX];
    lit("a", "a");
    for (size_t i = 0; i < 4; i++) {
        size_t n = sg_highlight(&reading, texts[i], ranges, SG_HIGHLIGHTS_MAX);
        for (size_t k = 0; k < n; k++)
            ck_assert(ranges[k].from < ranges[k].to && ranges[k].to <= texts[i].n);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("highlight");
    TCase *c = tcase_create("all");
    tcase_add_test(c, whole_words_light_up);
    tcase_add_test(c, an_unfinished_word_lights_up_as_far_as_typed);
    tcase_add_test(c, original_letters_are_lit_not_folded_ones);
    tcase_add_test(c, joined_words_light_up_with_their_marks);
    tcase_add_test(c, overlapping_bigrams_are_one_range);
    tcase_add_test(c, ranges_end_on_characters_of_any_text);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
