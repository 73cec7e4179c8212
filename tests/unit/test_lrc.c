/* test_lrc.c - lyrics as LRC, enhanced LRC and plain text. */
#include "api/lyrics/lrc.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_error err;

static void fresh(void)
{
    sg_arena_free(&arena);
    arena = (struct sg_arena){0};
}

static struct sg_lrc read_lrc(const char *text)
{
    struct sg_lrc l;
    ck_assert_msg(!sg_lrc_read(&l, sg_str(text), &arena, &err), "%s", err.text);
    return l;
}

static const char *written(const struct sg_lrc *l, enum sg_lrc_kind as)
{
    struct sg_buf b = {0};
    sg_lrc_write(l, as, &b);
    struct sg_str copy = sg_arena_copy(&arena, b.n ? sg_buf_str(&b) : SG_STR(""));
    sg_buf_free(&b);
    return copy.p;
}

static void line_is(const struct sg_lrc *l, size_t i, uint32_t start, uint32_t end,
                    const char *text)
{
    ck_assert_uint_lt(i, l->n);
    ck_assert_uint_eq(l->lines[i].start_ms, start);
    ck_assert_uint_eq(l->lines[i].end_ms, end);
    ck_assert_msg(sg_str_eq(l->lines[i].text, sg_str(text)), "'%.*s' is not '%s'",
                  SG_FMT(l->lines[i].text), text);
}

START_TEST(lines_are_put_in_order_and_end_where_the_next_begins)
{
    struct sg_lrc l = read_lrc("[ti: A song ]\n[ar:Ann]\r\n[la:de]\r"
                               "[00:20.00]second\n[00:10.50][00:30.25]first and third\n"
                               "[00:27.00]\n");
    ck_assert_int_eq(l.kind, SG_LRC_TIMED);
    ck_assert_uint_eq(l.n, 3);
    line_is(&l, 0, 10500, 20000, "first and third");
    line_is(&l, 1, 20000, 27000, "second");
    line_is(&l, 2, 30250, SG_LRC_UNTIMED, "first and third");
    ck_assert(sg_str_eq(l.title, SG_STR("A song")) && sg_str_eq(l.artist, SG_STR("Ann")));
    ck_assert(sg_str_eq(l.language, SG_STR("de")));
}
END_TEST

START_TEST(times_have_many_forms)
{
    struct sg_lrc l = read_lrc("[00:01]a\n[00:01.5]b\n[00:02.05]c\n[00:02.005]d\n[01:02:03.40]e\n"
                               "[00:12:34]f\n[75:00.00]g\n[00:05,25]h");
    static const uint32_t want[] = {1000, 1500, 2005, 2050, 5250, 12340, 3723400, 4500000};
    ck_assert_uint_eq(l.n, 8);
    for (size_t i = 0; i < 8; i++)
        ck_assert_uint_eq(l.lines[i].start_ms, want[i]);
}
END_TEST

START_TEST(an_offset_shows_lines_sooner_and_never_before_the_song)
{
    struct sg_lrc l = read_lrc("[offset:+1500]\n[00:01.00]a\n[00:04.00]<00:04.00>b <00:05.00>c");
    line_is(&l, 0, 0, 2500, "a");
    line_is(&l, 1, 2500, SG_LRC_UNTIMED, "b c");
    ck_assert_uint_eq(l.lines[1].words[1].start_ms, 3500);
    l = read_lrc("[00:01.00]a\n[offset:-500]");
    line_is(&l, 0, 1500, SG_LRC_UNTIMED, "a");
}
END_TEST

START_TEST(words_have_times_of_their_own)
{
    struct sg_lrc l = read_lrc("[00:10.00][00:20.00]<00:10.00>Sing <00:10.40>a<00:10.60>long"
                               "<00:11.00><00:12.00>now<00:12.50>");
    ck_assert_int_eq(l.kind, SG_LRC_WORDWISE);
    line_is(&l, 0, 10000, 20000, "Sing alongnow");
    ck_assert_uint_eq(l.lines[0].n_words, 4);
    const struct sg_lrc_word *w = l.lines[0].words, *v = l.lines[1].words;
    ck_assert(sg_str_eq(w[0].text, SG_STR("Sing ")) && sg_str_eq(w[1].text, SG_STR("a")));
    ck_assert(w[0].start_ms == 10000 && w[0].end_ms == 10400 && w[2].end_ms == 11000);
    ck_assert(w[3].start_ms == 12000 && w[3].end_ms == 12500);
    ck_assert(v[1].start_ms == 20400 && v[3].end_ms == 22500);
    ck_assert_str_eq(written(&l, SG_LRC_TIMED), "[00:10.00]Sing alongnow\n"
                                                "[00:20.00]Sing alongnow\n");
}
END_TEST

START_TEST(a_file_without_times_is_plain_text)
{
    struct sg_lrc l = read_lrc("\xef\xbb\xbf\n\n[Chorus: Ann]\nLa  la\t la\n\n\n[ti:x]\nend\n\n");
    ck_assert_int_eq(l.kind, SG_LRC_PLAIN);
    ck_assert_str_eq(written(&l, SG_LRC_WORDWISE), "[ti:x]\n[Chorus: Ann]\nLa la la\n\nend\n");
    ck_assert_str_eq(written(&l, SG_LRC_PLAIN), "[Chorus: Ann]\nLa la la\n\nend\n");
}
END_TEST

START_TEST(hostile_times_are_set_right)
{
    struct sg_lrc l = read_lrc("[-00:05.00]a\n[00:03.00]b\n[00:03.00]b\n[00:03.00]c\n"
                               "[99999:00.00]late\nno time\n[00:01.00] [Chorus]\n"
                               "[00:05.00]<00:09.00>x <00:02.00>y <00:01.00>\n[00:00]<00:<00:01.00>"
                               "01.00>\n");
    ck_assert_uint_eq(l.n, 6);
    line_is(&l, 0, 0, 1000, "a");
    line_is(&l, 1, 0, 1000, "< 00:01.00>");
    line_is(&l, 2, 1000, 3000, "[Chorus]");
    line_is(&l, 3, 3000, 5000, "b");
    line_is(&l, 4, 3000, 5000, "c");
    ck_assert_uint_eq(l.lines[5].n_words, 2);
    ck_assert_uint_eq(l.lines[5].words[1].start_ms, 9000);
    ck_assert_uint_eq(l.lines[1].n_words, 0);
}
END_TEST

static void refused(struct sg_str text, int code, const char *why)
{
    struct sg_lrc l;
    ck_assert_int_eq(sg_lrc_read(&l, text, &arena, &err), code);
    ck_assert_msg(strstr(err.text, why) != NULL, "%s", err.text);
}

START_TEST(what_is_no_text_or_too_much_is_refused)
{
    struct sg_buf b = {0};
    refused(SG_STR("\xff\xfe[\0"), SG_EINVAL, "UTF-16");
    refused(SG_STR("[00:01.00]caf\xe9"), SG_EINVAL, "UTF-8");
    refused(SG_STR("[00:01.00]a\0b"), SG_EINVAL, "zero byte");
    for (int i = 0; i <= SG_LRC_LINES; i++)
        sg_buf_puts(&b, "[1:0]a\n");
    refused(sg_buf_str(&b), SG_ELIMIT, "10000 lines");
    sg_buf_reset(&b);
    while (b.n <= SG_LRC_BYTES)
        sg_buf_puts(&b, "0123456789");
    refused(sg_buf_str(&b), SG_ELIMIT, "256 KiB");
    b.n = SG_LRC_LINE_BYTES + 1;
    refused(sg_buf_str(&b), SG_EINVAL, "line 1: more than 2000 bytes");
    sg_buf_reset(&b);
    for (int i = 0; i < 250; i++) /* times multiply words */
        sg_buf_printf(&b, "[00:%02d.%02d]", i / 100, i % 100);
    for (int i = 0; i < 250; i++)
        sg_buf_puts(&b, "<0:1>a ");
    refused(sg_buf_str(&b), SG_ELIMIT, "50000 words");
    sg_buf_free(&b);
}
END_TEST

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Lyrics as the formats can say them: in order, ends no later than the next beginning. */
static struct sg_lrc random_lyrics(uint64_t *state)
{
    static const char *const words[] = {"love",       "[Chorus]",   "don't", "\xe6\x84\x9b",
                                        "<3",         "<00:xx>",    "a:b",   "(oh)",
                                        "[00:01.00]", "caf\xc3\xa9"};
    struct sg_lrc l = {.n = 1 + next_random(state) % 20};
    uint32_t at = 0;
    l.lines = sg_arena_array(&arena, l.n, sizeof *l.lines);
    for (size_t i = 0; i < l.n; i++) {
        struct sg_lrc_line *x = &l.lines[i];
        at += 1 + (uint32_t)(next_random(state) % 9000);
        *x = (struct sg_lrc_line){.start_ms = at, .end_ms = SG_LRC_UNTIMED};
        x->n_words = 1 + next_random(state) % 6;
        struct sg_lrc_word *w = sg_arena_array(&arena, x->n_words, sizeof *w);
        char text[256] = "";
        for (size_t k = 0; k < x->n_words; k++) {
            size_t from = strlen(text);
            strcat(text, words[next_random(state) % 10]);
            if (k + 1 < x->n_words)
                strcat(text, " ");
            w[k].text = sg_arena_copy(&arena, sg_str(text + from));
            w[k].start_ms = at;
            w[k].end_ms = at += 1 + (uint32_t)(next_random(state) % 700);
            at += (uint32_t)(next_random(state) % 2 * 20);
        }
        x->text = sg_arena_copy(&arena, sg_str(text));
        x->words = w;
        if (next_random(state) % 2)
            x->end_ms = at += 5;
        if (next_random(state) % 3 == 0)
            x->n_words = 0;
    }
    return l;
}

static void same_lines(const struct sg_lrc *a, const struct sg_lrc *b, bool wordwise)
{
    ck_assert_uint_eq(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        const struct sg_lrc_line *x = &a->lines[i], *y = &b->lines[i];
        ck_assert(x->start_ms == y->start_ms && x->end_ms == y->end_ms);
        ck_assert(sg_str_eq(x->text, y->text));
        ck_assert_uint_eq(wordwise ? x->n_words : 0, y->n_words);
        for (size_t k = 0; k < y->n_words; k++)
            ck_assert(x->words[k].start_ms == y->words[k].start_ms &&
                      x->words[k].end_ms == y->words[k].end_ms &&
                      sg_str_eq(x->words[k].text, y->words[k].text));
    }
}

START_TEST(what_is_written_is_read_again)
{
    uint64_t state = 7;
    for (int i = 0; i < 300; i++) {
        fresh();
        struct sg_lrc l = random_lyrics(&state);
        ck_assert_int_eq(sg_lrc_settle(&l, &arena, &err), 0);
        struct sg_lrc words = read_lrc(written(&l, SG_LRC_WORDWISE));
        same_lines(&l, &words, true);
        struct sg_lrc lines = read_lrc(written(&l, SG_LRC_TIMED));
        same_lines(&l, &lines, false);
    }
}
END_TEST

static Suite *lrc_suite(void)
{
    Suite *s = suite_create("lrc");
    TCase *t = tcase_create("lrc");
    tcase_add_checked_fixture(t, fresh, fresh);
    tcase_add_test(t, lines_are_put_in_order_and_end_where_the_next_begins);
    tcase_add_test(t, times_have_many_forms);
    tcase_add_test(t, an_offset_shows_lines_sooner_and_never_before_the_song);
    tcase_add_test(t, words_have_times_of_their_own);
    tcase_add_test(t, a_file_without_times_is_plain_text);
    tcase_add_test(t, hostile_times_are_set_right);
    tcase_add_test(t, what_is_no_text_or_too_much_is_refused);
    tcase_add_test(t, what_is_written_is_read_again);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    SRunner *r = srunner_create(lrc_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
