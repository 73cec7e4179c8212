#include "index/document.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_arena arena; /* of the forms; kept to the end */

static struct sg_str forms(const char *text)
{
    return sg_document_text(&arena, sg_str(text));
}

struct bag {
    char terms[SG_DOC_TERMS_MAX + 1][SG_TERM_MAX + 1];
    size_t n, stop_after;
};

static int collect(void *ctx, struct sg_str term)
{
    struct bag *b = ctx;
    ck_assert_uint_lt(b->n, SG_DOC_TERMS_MAX);
    ck_assert_uint_le(term.n, SG_TERM_MAX);
    memcpy(b->terms[b->n], term.p, term.n);
    b->terms[b->n++][term.n] = '\0';
    return b->stop_after && b->n == b->stop_after ? 42 : 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static struct bag *terms_of(const struct sg_document *d)
{
    struct bag *b = calloc(1, sizeof *b);
    ck_assert_int_eq(sg_document_terms(d, collect, b), 0);
    qsort(b->terms, b->n, sizeof b->terms[0], compare);
    return b;
}

static bool has(const struct bag *b, const char *term)
{
    return bsearch(term, b->terms, b->n, sizeof b->terms[0], compare);
}

static struct sg_document yesterday(void)
{
    return (struct sg_document){.kind = SG_SONG,
                                .id = 7,
                                .title = forms("Yesterday Once More"),
                                .n_artists = 1,
                                .artists = {forms("The Carpenters")},
                                .artist_ids = {12},
                                .album = forms("Now & Then"),
                                .album_id = 99,
                                .genre_id = 3,
                                .year = 1973,
                                .is_explicit = true,
                                .popularity = 1000};
}

START_TEST(a_song_gives_words_prefixes_wholes_and_filters)
{
    struct sg_document d = yesterday();
    struct bag *b = terms_of(&d);
    static const char *const wanted[] = {
        "Q",    "A12", "L99", "G3",   "Y1973", "E1",   "Tyesterdayoncemore", "Ncarpenters", "Wonce",
        "Wnow", "Py",  "Pye", "Pyes", "Pyest", "Pcarp"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        ck_assert_msg(has(b, wanted[i]), "%s", wanted[i]);
    ck_assert(!has(b, "Pyeste"));
    free(b);
}
END_TEST

static struct sg_str rage(void *ctx, enum sg_kind kind, uint64_t id)
{
    struct sg_str aliases[] = {SG_STR("RATM"), SG_STR("Rage")};
    struct sg_artist a = {
        .artist_id = id, .name = SG_STR("Rage Against the Machine"), .aliases = {aliases, 2}};
    (void)ctx;
    (void)kind;
    return sg_document_names(&arena, SG_ARTIST, &a);
}

START_TEST(aliases_of_the_title_and_of_artists_are_searched_too)
{
    uint64_t artist = 3;
    struct sg_str alias = SG_STR("Killing Name"), hint = SG_STR("Kiling in teh Name");
    struct sg_song s = {.song_id = 1,
                        .title = SG_STR("Killing in the Name"),
                        .artist_ids = {&artist, 1},
                        .aliases = {&alias, 1},
                        .hints = {&hint, 1}};
    struct sg_document d;
    ck_assert_int_eq(sg_document_of(&d, SG_SONG, &s, rage, NULL, &arena), 0);
    struct bag *b = terms_of(&d);
    static const char *const wanted[] = {"Tkillinginthename",
                                         "Tkillingname",
                                         "Tkilingintehname",
                                         "Wkiling",
                                         "Nrageagainstthemachine",
                                         "Nratm",
                                         "Nrage",
                                         "Wratm",
                                         "Prat"};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        ck_assert_msg(has(b, wanted[i]), "%s", wanted[i]);
    free(b);
}
END_TEST

START_TEST(each_term_is_given_once)
{
    struct sg_document d = yesterday();
    d.title = SG_STR("love love me love lo");
    d.album = SG_STR("Love");
    struct bag *b = terms_of(&d);
    for (size_t i = 1; i < b->n; i++)
        ck_assert_str_ne(b->terms[i - 1], b->terms[i]);
    ck_assert(has(b, "Wlove") && has(b, "Wlo") && has(b, "Plo") && has(b, "Plove"));
    free(b);
}
END_TEST

START_TEST(a_short_word_has_no_prefix_longer_than_itself)
{
    struct sg_document d = {.kind = SG_ARTIST, .id = 1, .title = forms("U2")};
    struct bag *b = terms_of(&d);
    ck_assert(has(b, "Pu") && has(b, "Pu2") && has(b, "Wu2"));
    ck_assert_uint_eq(b->n, 5); /* Q, T and these */
    free(b);
}
END_TEST

START_TEST(prefixes_are_of_characters_not_bytes)
{
    struct sg_document d = {.kind = SG_SONG, .id = 1, .title = forms("Группа крови")};
    struct bag *b = terms_of(&d);
    ck_assert(has(b, "Pг") && has(b, "Pгр") && has(b, "Pкров") && has(b, "Wкрови"));
    ck_assert_msg(has(b, "Wkrovi"), "transliteration is indexed too");
    free(b);
}
END_TEST

START_TEST(a_stopping_callback_stops_and_its_answer_is_returned)
{
    struct sg_document d = yesterday();
    struct bag *b = calloc(1, sizeof *b);
    b->stop_after = 5;
    ck_assert_int_eq(sg_document_terms(&d, collect, b), 42);
    ck_assert_uint_eq(b->n, 5);
    free(b);
}
END_TEST

START_TEST(a_document_of_thousands_of_words_stays_within_its_bound)
{
    static char text[SG_DOC_ARTISTS_MAX + 2][SG_TEXT_MAX];
    struct sg_document d = {.kind = SG_SONG, .id = 1, .n_artists = SG_DOC_ARTISTS_MAX};
    unsigned word = 0;
    for (size_t t = 0; t < SG_DOC_ARTISTS_MAX + 2; t++)
        for (size_t at = 0; at + 12 < SG_TEXT_MAX; at += 11)
            snprintf(text[t] + at, 12, "%c%c%c%c%06u ", 'a' + (int)(word % 26),
                     'a' + (int)(word / 26 % 26), 'a' + (int)(word / 5 % 26),
                     'a' + (int)(word / 7 % 26), word),
                word++;
    d.title = forms(text[0]);
    d.album = forms(text[1]);
    for (size_t i = 0; i < SG_DOC_ARTISTS_MAX; i++) {
        d.artists[i] = forms(text[2 + i]);
        d.artist_ids[i] = i + 1;
    }
    struct bag *b = terms_of(&d);
    ck_assert_uint_gt(b->n, 2000);
    for (size_t i = 1; i < b->n; i++)
        ck_assert_str_ne(b->terms[i - 1], b->terms[i]);
    free(b);
}
END_TEST

START_TEST(a_whole_value_is_cut_on_a_character)
{
    char long_text[402], out[SG_TERM_MAX];
    long_text[0] = 'a';
    for (size_t i = 1; i < 401; i += 2)
        memcpy(long_text + i, "é", 2);
    struct sg_str cut = sg_term_whole('T', (struct sg_str){long_text, 401}, out);
    ck_assert_uint_eq(cut.n, SG_TERM_WHOLE_MAX); /* 'T', 'a' and 99 of two bytes: 200 splits one */
    ck_assert(sg_str_is_utf8(cut));
    ck_assert(sg_str_eq(sg_term_whole('N', SG_STR("abba"), out), SG_STR("Nabba")));
}
END_TEST

START_TEST(a_whole_value_is_its_letters_however_they_are_spaced)
{
    char spaced[SG_TERM_MAX], joined[SG_TERM_MAX];
    struct sg_str a = sg_term_whole('T', SG_STR("the good times"), spaced),
                  b = sg_term_whole('T', SG_STR("goodtimes"), joined);
    ck_assert(sg_str_eq(a, SG_STR("Tgoodtimes")) && sg_str_eq(b, a));
    ck_assert(sg_str_eq(sg_term_whole('N', SG_STR("the the"), joined), SG_STR("Nthe")));
    ck_assert(sg_str_eq(sg_term_whole('N', SG_STR("the"), joined), SG_STR("Nthe")));
}
END_TEST

START_TEST(years_have_four_digits)
{
    char out[SG_TERM_MAX];
    ck_assert(sg_str_eq(sg_term_number('Y', 987, out), SG_STR("Y0987")));
    ck_assert(sg_str_eq(sg_term_number('A', UINT64_MAX, out), SG_STR("A18446744073709551615")));
}
END_TEST

static struct sg_str names(void *ctx, enum sg_kind kind, uint64_t id)
{
    (void)ctx;
    return id == 404 ? SG_STR_NONE : kind == SG_ALBUM ? SG_STR("an album") : SG_STR("a name");
}

START_TEST(a_record_becomes_a_document_with_each_artist_once)
{
    uint64_t ids[] = {5, 404, 5, 6};
    struct sg_song s = {.song_id = 1,
                        .title = SG_STR("T"),
                        .artist_ids = {ids, 4},
                        .album_id = 8,
                        .genre_id = 2,
                        .release_date = SG_STR("2001-02-03"),
                        .play_count = 77};
    struct sg_document d;
    ck_assert_int_eq(sg_document_of(&d, SG_SONG, &s, names, NULL, &arena), 0);
    ck_assert_uint_eq(d.n_artists, 3);
    ck_assert_uint_eq(d.artist_ids[1], 404);
    ck_assert_uint_eq(d.artists[1].n, 0);
    ck_assert(sg_str_eq(d.title, SG_STR("t")));
    ck_assert(sg_str_eq(d.album, SG_STR("an album")));
    ck_assert_int_eq(d.year, 2001);
    ck_assert_uint_eq(d.popularity, 77);
}
END_TEST

START_TEST(credits_beyond_the_bound_are_left_out)
{
    uint64_t ids[SG_ARTISTS_MAX];
    for (size_t i = 0; i < SG_ARTISTS_MAX; i++)
        ids[i] = i + 1;
    struct sg_song s = {.song_id = 1, .title = SG_STR("T"), .artist_ids = {ids, SG_ARTISTS_MAX}};
    struct sg_document d;
    ck_assert_int_eq(sg_document_of(&d, SG_SONG, &s, names, NULL, &arena), 0);
    ck_assert_uint_eq(d.n_artists, SG_DOC_ARTISTS_MAX);
}
END_TEST

START_TEST(rank_is_by_popularity_then_by_smaller_id)
{
    ck_assert_int_lt(sg_static_rank_cmp(10, 9, 5, 1), 0);
    ck_assert_int_gt(sg_static_rank_cmp(5, 1, 10, 9), 0);
    ck_assert_int_lt(sg_static_rank_cmp(5, 1, 5, 2), 0);
    ck_assert_int_eq(sg_static_rank_cmp(5, 2, 5, 2), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("document");
    TCase *c = tcase_create("document");
    tcase_add_test(c, a_song_gives_words_prefixes_wholes_and_filters);
    tcase_add_test(c, aliases_of_the_title_and_of_artists_are_searched_too);
    tcase_add_test(c, each_term_is_given_once);
    tcase_add_test(c, a_short_word_has_no_prefix_longer_than_itself);
    tcase_add_test(c, prefixes_are_of_characters_not_bytes);
    tcase_add_test(c, a_stopping_callback_stops_and_its_answer_is_returned);
    tcase_add_test(c, a_document_of_thousands_of_words_stays_within_its_bound);
    tcase_add_test(c, a_whole_value_is_cut_on_a_character);
    tcase_add_test(c, a_whole_value_is_its_letters_however_they_are_spaced);
    tcase_add_test(c, years_have_four_digits);
    tcase_add_test(c, a_record_becomes_a_document_with_each_artist_once);
    tcase_add_test(c, credits_beyond_the_bound_are_left_out);
    tcase_add_test(c, rank_is_by_popularity_then_by_smaller_id);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
