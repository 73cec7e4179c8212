/* test_spell.c - prefixes and corrections against a scan of all words. */
#include "core/text.h"
#include "index/segment.h"
#include "index/spell.h"
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

#define WORDS 4000
#define ALL   8000 /* more than any answer */

static char dir[] = "/tmp/test_spell.XXXXXX";
static char path[64];
static char words[WORDS][SG_WORD_MAX + 1];
static uint32_t frequencies[WORDS];
static size_t n_words;
static struct sg_spelling got[ALL];

static int characters(uint32_t *out, struct sg_str s)
{
    int n = 0;
    for (size_t len; s.n > 0; s.p += len, s.n -= len) {
        len = sg_utf8_prefix(s, 1);
        out[n] = 0;
        memcpy(&out[n++], s.p, len);
    }
    return n;
}

/* Optimal string alignment by the textbook's table, on characters. */
static int table_distance(struct sg_str a, struct sg_str b)
{
    uint32_t x[SG_WORD_MAX], y[SG_WORD_MAX];
    int d[SG_WORD_MAX + 1][SG_WORD_MAX + 1];
    int n = characters(x, a), m = characters(y, b);
    for (int i = 0; i <= n; i++) {
        for (int j = 0; j <= m; j++) {
            int best = i == 0 ? j : j == 0 ? i : d[i - 1][j - 1] + (x[i - 1] != y[j - 1]);
            if (i && j) {
                best = d[i - 1][j] + 1 < best ? d[i - 1][j] + 1 : best;
                best = d[i][j - 1] + 1 < best ? d[i][j - 1] + 1 : best;
            }
            if (i > 1 && j > 1 && x[i - 1] == y[j - 2] && x[i - 2] == y[j - 1])
                best = d[i - 2][j - 2] + 1 < best ? d[i - 2][j - 2] + 1 : best;
            d[i][j] = best;
        }
    }
    return d[n][m];
}

static void random_word(char *out, int chars)
{
    static const char *const letters[] = {"a", "b", "c", "d", "e", "и", "宇", "r", "s", "t"};
    out[0] = 0;
    for (int i = 0; i < chars; i++)
        strcat(out, letters[rand() % (rand() % 4 ? 4 : 10)]);
}

/* Words of 1 to 14 characters, each once. */
static void make_words(void)
{
    srand(7);
    for (n_words = 0; n_words < WORDS;) {
        bool known = false;
        random_word(words[n_words], 1 + rand() % 14);
        for (size_t i = 0; i < n_words && !known; i++)
            known = !strcmp(words[i], words[n_words]);
        frequencies[n_words] = 1 + (uint32_t)(rand() % 50 ? rand() % 40 : rand() % 1000000);
        n_words += !known;
    }
}

static struct sg_spell *opened(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_spell *s = NULL;
    ck_assert_msg(sg_spell_open(&s, path, &e) == 0, "%s", e.text);
    return s;
}

static void write_words(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_spell_writer *w;
    ck_assert_int_eq(sg_spell_writer_open(&w, path, &e), 0);
    for (size_t i = 0; i < n_words; i++) {
        ck_assert_int_eq(sg_spell_writer_add(w, sg_str(words[i]), frequencies[i] - 1, &e), 0);
        ck_assert_int_eq(sg_spell_writer_add(w, sg_str(words[i]), 1, &e), 0);
    }
    ck_assert_msg(sg_spell_writer_finish(w, &e) == 0, "%s", e.text);
}

static void setup(void)
{
    make_words();
    write_words();
}

START_TEST(every_word_has_its_frequency)
{
    struct sg_spell *s = opened();
    ck_assert_uint_eq(sg_spell_count(s), n_words);
    for (size_t i = 0; i < n_words; i++)
        ck_assert_uint_eq(sg_spell_frequency(s, sg_str(words[i])), frequencies[i]);
    ck_assert_uint_eq(sg_spell_frequency(s, SG_STR("zz")), 0);
    ck_assert_uint_eq(sg_spell_frequency(s, SG_STR("")), 0);
    sg_spell_close(s);
}
END_TEST

static int more_frequent(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x < y) - (x > y);
}

static void prefix_as_scan(const struct sg_spell *s, struct sg_str prefix, size_t cap)
{
    static uint32_t wanted[WORDS];
    size_t m = 0;
    bool more;
    for (size_t i = 0; i < n_words; i++) {
        if (sg_str_starts(sg_str(words[i]), prefix))
            wanted[m++] = frequencies[i];
    }
    qsort(wanted, m, sizeof *wanted, more_frequent);
    size_t n = sg_spell_prefix(s, prefix, got, cap, &more);
    ck_assert_uint_eq(n, m < cap ? m : cap);
    ck_assert(more == (m > cap));
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(got[i].frequency, wanted[i]);
        ck_assert(sg_str_starts(got[i].word, prefix));
        ck_assert_uint_eq(sg_spell_frequency(s, got[i].word), got[i].frequency);
    }
}

START_TEST(prefixes_give_the_most_frequent_words)
{
    struct sg_spell *s = opened();
    for (size_t round = 0; round < 300; round++) {
        struct sg_str p = sg_str(words[(size_t)rand() % n_words]);
        p.n = sg_utf8_prefix(p, (size_t)rand() % 5);
        prefix_as_scan(s, p, 1 + (size_t)rand() % 100);
    }
    prefix_as_scan(s, SG_STR("zzz"), 4);
    sg_spell_close(s);
}
END_TEST

static void distort(char *out, const char *word, int edits)
{
    struct sg_str s = sg_str(word);
    size_t n = sg_utf8_count(s);
    strcpy(out, word);
    for (int i = 0; i < edits; i++) {
        char rest[2 * SG_WORD_MAX];
        struct sg_str now = sg_str(out);
        size_t at = sg_utf8_prefix(now, (size_t)rand() % (n + 1)), kind = (size_t)rand() % 4;
        size_t next = at + sg_utf8_prefix((struct sg_str){out + at, now.n - at}, 1);
        size_t after = next + sg_utf8_prefix((struct sg_str){out + next, now.n - next}, 1);
        if (kind == 0)
            snprintf(rest, sizeof rest, "%s", out + next);
        else if (kind == 1)
            snprintf(rest, sizeof rest, "b%s", out + at);
        else if (kind == 2)
            snprintf(rest, sizeof rest, "c%s", out + next);
        else
            snprintf(rest, sizeof rest, "%.*s%.*s%s", (int)(after - next), out + next,
                     (int)(next - at), out + at, out + after);
        strcpy(out + at, rest);
    }
}

/* Everything listed is right; everything guaranteed is listed. */
static void corrections_as_scan(const struct sg_spell *s, struct sg_str q, int max)
{
    size_t n = sg_spell_correct(s, q, max, got, ALL);
    for (size_t i = 0; i < n; i++) {
        ck_assert_int_eq(got[i].distance, table_distance(q, got[i].word));
        ck_assert(got[i].distance >= 1 && got[i].distance <= max);
        if (i)
            ck_assert(got[i - 1].distance < got[i].distance ||
                      (got[i - 1].distance == got[i].distance &&
                       got[i - 1].frequency >= got[i].frequency));
    }
    for (size_t i = 0; i < n_words; i++) {
        int d = table_distance(q, sg_str(words[i]));
        size_t chars = sg_utf8_count(sg_str(words[i]));
        bool lone = chars == 1 && sg_utf8_count(q) == 1;
        if (d == 0 || d > max || lone || (d == 2 && chars < 8))
            continue;
        size_t at = 0;
        while (at < n && !sg_str_eq(got[at].word, sg_str(words[i])))
            at++;
        ck_assert_msg(at < n, "%.*s: %s, %d edits away, is missing", SG_FMT(q), words[i], d);
        for (size_t j = at + 1; j < n; j++)
            ck_assert(!sg_str_eq(got[j].word, got[at].word));
    }
}

START_TEST(corrections_are_complete_as_promised)
{
    struct sg_spell *s = opened();
    for (int round = 0; round < 150; round++) {
        char q[2 * SG_WORD_MAX];
        distort(q, words[(size_t)rand() % n_words], rand() % 3);
        corrections_as_scan(s, sg_str(q), 1 + round % 2);
    }
    sg_spell_close(s);
}
END_TEST

START_TEST(nearest_and_most_frequent_come_first_when_few_fit)
{
    struct sg_spell *s = opened();
    struct sg_spelling few[5];
    for (int round = 0; round < 50; round++) {
        struct sg_str q = sg_str(words[(size_t)rand() % n_words]);
        size_t n = sg_spell_correct(s, q, 2, got, ALL);
        ck_assert_uint_eq(sg_spell_correct(s, q, 2, few, 5), n < 5 ? n : 5);
        for (size_t i = 0; i < 5 && i < n; i++)
            ck_assert(sg_str_eq(few[i].word, got[i].word));
    }
    sg_spell_close(s);
}
END_TEST

START_TEST(distance_counts_edits_of_characters)
{
    ck_assert_int_eq(sg_spell_distance(SG_STR("beatels"), SG_STR("beatles"), 2), 1);
    ck_assert_int_eq(sg_spell_distance(SG_STR("ca"), SG_STR("abc"), 3), 3);
    ck_assert_int_eq(sg_spell_distance(SG_STR("кино"), SG_STR("киино"), 2), 1);
    ck_assert_int_eq(sg_spell_distance(SG_STR(""), SG_STR("ab"), 2), 2);
    ck_assert_int_eq(sg_spell_distance(SG_STR("ab"), SG_STR(""), 2), 2);
    ck_assert_int_eq(sg_spell_distance(SG_STR("same"), SG_STR("same"), 1), 0);
    ck_assert_int_eq(sg_spell_distance(SG_STR("abcdef"), SG_STR("uvwxyz"), 2), 3);
    for (int i = 0; i < 3000; i++) {
        char a[SG_WORD_MAX + 1], b[2 * SG_WORD_MAX];
        random_word(a, rand() % 20);
        distort(b, a, rand() % 5);
        ck_assert_int_eq(sg_spell_distance(sg_str(a), sg_str(b), 99),
                         table_distance(sg_str(a), sg_str(b)));
    }
}
END_TEST

START_TEST(damage_is_refused_or_harmless)
{
    struct sg_error e = SG_ERROR_INIT;
    FILE *f = fopen(path, "rb");
    char *bytes = malloc(4 << 20), *bad = malloc(4 << 20);
    size_t n = fread(bytes, 1, 4 << 20, f);
    bool more;
    fclose(f);
    for (int round = 0; round < 500; round++) {
        struct sg_spell *s = NULL;
        memcpy(bad, bytes, n);
        size_t header = sizeof(struct sg_segment_header);
        size_t at = round % 10 ? header + (size_t)rand() % (n - header) : (size_t)rand() % header;
        for (size_t i = at; i < n && i < at + 64; i++)
            bad[i] = (char)(bad[i] ^ (1 + rand() % 255));
        int rc = sg_spell_open_bytes(&s, (struct sg_str){bad, n}, &e);
        ck_assert_int_eq(rc, at < header ? SG_ECORRUPT : 0);
        if (rc)
            continue;
        sg_spell_correct(s, sg_str(words[round]), 2, got, 20);
        sg_spell_prefix(s, SG_STR("a"), got, 20, &more);
        sg_spell_frequency(s, SG_STR("abc"));
        sg_spell_close(s);
    }
    struct sg_spell *s = NULL;
    ck_assert_int_eq(sg_spell_open_bytes(&s, (struct sg_str){bytes, n - 8}, &e), SG_ECORRUPT);
    ck_assert_int_eq(sg_spell_open(&s, "/nonexistent/spell.seg", &e), SG_ENOENT);
    free(bytes);
    free(bad);
}
END_TEST

START_TEST(an_empty_dictionary_answers_nothing)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_spell_writer *w;
    bool more = true;
    ck_assert_int_eq(sg_spell_writer_open(&w, path, &e), 0);
    ck_assert_int_eq(sg_spell_writer_add(w, SG_STR(""), 1, &e), 0);
    ck_assert_int_eq(sg_spell_writer_finish(w, &e), 0);
    struct sg_spell *s = opened();
    ck_assert_uint_eq(sg_spell_count(s), 0);
    ck_assert_uint_eq(sg_spell_prefix(s, SG_STR(""), got, 5, &more), 0);
    ck_assert(!more);
    ck_assert_uint_eq(sg_spell_correct(s, SG_STR("love"), 2, got, 5), 0);
    ck_assert_uint_eq(sg_spell_frequency(s, SG_STR("love")), 0);
    sg_spell_close(s);
    ck_assert_int_eq(sg_spell_writer_open(&w, path, &e), 0);
    char longest[SG_WORD_MAX + 1];
    memset(longest, 'a', sizeof longest);
    ck_assert_int_eq(sg_spell_writer_add(w, (struct sg_str){longest, sizeof longest}, 1, &e),
                     SG_EINVAL);
    sg_spell_writer_abort(w);
}
END_TEST

int main(void)
{
    if (!mkdtemp(dir))
        return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/spell.seg", dir);
    Suite *s = suite_create("spell");
    TCase *t = tcase_create("spell");
    suite_add_tcase(s, t);
    tcase_set_timeout(t, 300);
    tcase_add_unchecked_fixture(t, setup, NULL);
    tcase_add_test(t, every_word_has_its_frequency);
    tcase_add_test(t, prefixes_give_the_most_frequent_words);
    tcase_add_test(t, corrections_are_complete_as_promised);
    tcase_add_test(t, nearest_and_most_frequent_come_first_when_few_fit);
    tcase_add_test(t, distance_counts_edits_of_characters);
    tcase_add_test(t, damage_is_refused_or_harmless);
    tcase_add_test(t, an_empty_dictionary_answers_nothing);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    unlink(path);
    rmdir(dir);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
