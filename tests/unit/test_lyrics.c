/* test_lyrics.c - lyrics packed for searching, and the file of them. */
#include "index/lyrics.h"
#include "tests/support/scratch.h"
#include "tests/support/segment.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_error err;
static struct sg_lyrics open_lyrics;

static const struct sg_lyrics_line song[] = {
    {500, {"Walking on the river", 20}},   {3000, {"Don't look down", 15}},
    {6000, {"Walking on the river", 20}},  {9000, {"", 0}},
    {SG_LYRICS_UNTIMED, {"愛してる", 12}},
};

static struct sg_buf packed(const struct sg_lyrics_line *lines, size_t n)
{
    struct sg_buf b = {0};
    sg_lyrics_pack(lines, n, &b);
    ck_assert(!sg_buf_failed(&b));
    return b;
}

static bool has_word(const struct sg_lyrics *l, const char *word)
{
    for (size_t i = 0; i < l->n_words; i++)
        if (sg_str_eq(l->words[i], sg_str(word)))
            return true;
    return false;
}

START_TEST(a_line_sung_again_is_kept_once)
{
    struct sg_buf b = packed(song, 5);
    ck_assert(sg_lyrics_open(&open_lyrics, sg_buf_str(&b)));
    const struct sg_lyrics *l = &open_lyrics;
    ck_assert_uint_eq(l->n_lines, 3);
    ck_assert_uint_eq(l->n_times, 4);
    ck_assert_uint_eq(l->times[2].start_ms, 6000);
    ck_assert_uint_eq(l->times[2].line, l->times[0].line);
    ck_assert_uint_eq(l->times[3].start_ms, SG_LYRICS_UNTIMED);
    ck_assert(sg_str_eq(sg_lyrics_text(l, 1), SG_STR("Don't look down")));
    ck_assert(sg_str_eq(sg_lyrics_text(l, 2), song[4].text));
    ck_assert(has_word(l, "dont") && has_word(l, "river") && !has_word(l, "Don't"));
    ck_assert(has_word(l, "愛し")); /* a bigram */
    ck_assert_uint_eq(l->first[1] - l->first[0], 4);
    sg_buf_free(&b);
}
END_TEST

static int count(void *ctx, struct sg_str word)
{
    size_t *n = ctx;
    ck_assert(word.n > 0);
    return ++*n == 3 ? 7 : 0;
}

START_TEST(words_are_given_until_enough_are_known)
{
    struct sg_buf b = packed(song, 5);
    size_t n = 0;
    ck_assert_int_eq(sg_lyrics_each_word(sg_buf_str(&b), count, &n), 7);
    ck_assert_uint_eq(n, 3);
    sg_buf_free(&b);
}
END_TEST

static struct sg_str part_of(struct sg_str all, const char *language)
{
    struct sg_str is, body;
    while (sg_lyrics_next(&all, &is, &body))
        if (sg_str_eq(is, sg_str(language)))
            return body;
    return SG_STR_NONE;
}

START_TEST(each_language_is_set_and_removed_by_itself)
{
    struct sg_buf v[5] = {{0}};
    sg_lyrics_set(SG_STR_NONE, SG_STR("en"), SG_STR("one"), &v[0], &err);
    sg_lyrics_set(sg_buf_str(&v[0]), SG_STR("de"), SG_STR("eins"), &v[1], &err);
    sg_lyrics_set(sg_buf_str(&v[1]), SG_STR("en"), SG_STR("two"), &v[2], &err);
    sg_lyrics_set(sg_buf_str(&v[2]), SG_STR("de"), SG_STR_NONE, &v[3], &err);
    sg_lyrics_set(sg_buf_str(&v[3]), SG_STR("en"), SG_STR_NONE, &v[4], &err);
    ck_assert(sg_str_eq(part_of(sg_buf_str(&v[2]), "en"), SG_STR("two")));
    ck_assert(sg_str_eq(part_of(sg_buf_str(&v[2]), "de"), SG_STR("eins")));
    ck_assert(!part_of(sg_buf_str(&v[3]), "de").p);
    ck_assert_uint_eq(v[4].n, 0);
    for (size_t i = 0; i < 5; i++)
        sg_buf_free(&v[i]);
}
END_TEST

START_TEST(more_languages_than_there_may_be_are_refused)
{
    struct sg_buf all = {0}, next = {0};
    char language[3] = "aa";
    int rc = 0;
    size_t n = 0;
    for (; !rc; n++) {
        language[1] = (char)('a' + n);
        sg_buf_reset(&next);
        rc = sg_lyrics_set(sg_buf_str(&all), sg_str(language), SG_STR("x"), &next, &err);
        struct sg_buf swap = all;
        all = next;
        next = swap;
    }
    ck_assert_int_eq(rc, SG_EINVAL);
    ck_assert_uint_eq(n, SG_LYRICS_PARTS + 1);
    sg_buf_free(&all);
    sg_buf_free(&next);
}
END_TEST

START_TEST(long_lyrics_are_cut_to_what_is_searched)
{
    static struct sg_lyrics_line lines[SG_LYRICS_LINES + 100];
    static char texts[SG_LYRICS_LINES + 100][64];
    for (size_t i = 0; i < SG_LYRICS_LINES + 100; i++) {
        int n = snprintf(texts[i], sizeof *texts, "word%zu of a line", i);
        lines[i] = (struct sg_lyrics_line){(uint32_t)i, {texts[i], (size_t)n}};
    }
    struct sg_buf b = packed(lines, SG_LYRICS_LINES + 100);
    ck_assert(sg_lyrics_open(&open_lyrics, sg_buf_str(&b)));
    ck_assert_uint_eq(open_lyrics.n_times, SG_LYRICS_LINES);
    ck_assert_uint_eq(open_lyrics.n_words, SG_LYRICS_WORDS);
    ck_assert_uint_le(open_lyrics.first[open_lyrics.n_lines], SG_LYRICS_TOKENS);
    sg_buf_free(&b);
}
END_TEST

START_TEST(damaged_lyrics_are_refused_or_bounded)
{
    struct sg_buf b = packed(song, 5);
    for (size_t n = 0; n < b.n; n++)
        if (sg_lyrics_open(&open_lyrics, (struct sg_str){b.p, n}))
            for (size_t i = 0; i < open_lyrics.n_lines; i++)
                ck_assert_uint_le(sg_lyrics_text(&open_lyrics, i).n, n);
    for (size_t i = 0; i < b.n; i++) {
        b.p[i] = (char)(b.p[i] ^ 0xff);
        if (sg_lyrics_open(&open_lyrics, sg_buf_str(&b)))
            for (size_t k = 0; k < open_lyrics.n_lines; k++)
                ck_assert_uint_le(sg_lyrics_text(&open_lyrics, k).n, b.n);
        b.p[i] = (char)(b.p[i] ^ 0xff);
    }
    sg_buf_free(&b);
}
END_TEST

START_TEST(songs_are_found_in_the_file_by_id)
{
    const char *path = test_path(test_scratch(), "lyrics.seg");
    struct sg_lyrics_writer *w;
    struct sg_lyrics_file *f;
    ck_assert_int_eq(sg_lyrics_writer_open(&w, path, &err), 0);
    for (uint64_t id = 5; id < 5000; id += 5) {
        char text[16];
        int n = snprintf(text, sizeof text, "song %d", (int)id);
        ck_assert_int_eq(sg_lyrics_writer_add(w, id, (struct sg_str){text, (size_t)n}, &err), 0);
    }
    ck_assert_int_eq(sg_lyrics_writer_add(w, 5, SG_STR("late"), &err), SG_EINTERNAL);
    ck_assert_msg(!sg_lyrics_writer_finish(w, &err), "%s", err.text);
    ck_assert_msg(!sg_lyrics_file_open(&f, path, &err), "%s", err.text);
    ck_assert_uint_eq(sg_lyrics_file_count(f), 999);
    ck_assert(sg_str_eq(sg_lyrics_file_get(f, 5), SG_STR("song 5")));
    ck_assert(sg_str_eq(sg_lyrics_file_get(f, 4995), SG_STR("song 4995")));
    ck_assert(!sg_lyrics_file_get(f, 4).p && !sg_lyrics_file_get(f, 6).p);
    ck_assert(!sg_lyrics_file_get(f, 5000).p && !sg_lyrics_file_get(NULL, 5).p);
    sg_lyrics_file_close(f);
}
END_TEST

static Suite *lyrics_suite(void)
{
    Suite *s = suite_create("lyrics");
    TCase *t = tcase_create("lyrics");
    tcase_add_test(t, a_line_sung_again_is_kept_once);
    tcase_add_test(t, words_are_given_until_enough_are_known);
    tcase_add_test(t, each_language_is_set_and_removed_by_itself);
    tcase_add_test(t, more_languages_than_there_may_be_are_refused);
    tcase_add_test(t, long_lyrics_are_cut_to_what_is_searched);
    tcase_add_test(t, damaged_lyrics_are_refused_or_bounded);
    tcase_add_test(t, songs_are_found_in_the_file_by_id);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(lyrics_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
