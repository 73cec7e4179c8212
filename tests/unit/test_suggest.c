/* test_suggest.c - completion against a scan of everything. */
#include "core/text.h"
#include "index/suggest/sort.h"
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define ALL_KINDS ((1u << SG_KINDS) - 1)

struct title {
    char text[200];
    enum sg_kind kind;
    uint64_t id;
    float score;
    const char *by;
};

static char dir[] = "/tmp/test_suggest.XXXXXX";
static char path[64];

static struct sg_suggest *built(const struct title *v, size_t n)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_suggest_writer *w;
    struct sg_suggest *s = NULL;
    ck_assert_int_eq(sg_suggest_writer_open(&w, path, &e), 0);
    for (size_t i = 0; i < n; i++)
        ck_assert_int_eq(sg_suggest_writer_add(w, sg_str(v[i].text),
                                               v[i].by ? sg_str(v[i].by) : SG_STR_NONE, v[i].kind,
                                               v[i].id, v[i].score, &e),
                         0);
    ck_assert_msg(sg_suggest_writer_finish(w, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_suggest_open(&s, path, &e) == 0, "%s", e.text);
    return s;
}

static bool is_dull(const char *word, size_t n)
{
    static const char *const dull[] = {"la", "feat"};
    for (size_t i = 0; i < sizeof dull / sizeof *dull; i++)
        if (strlen(dull[i]) == n && !memcmp(word, dull[i], n))
            return true;
    return n == 1 && (unsigned char)*word < 128;
}

/* By the rules of suggest.h and format.h, from the title alone. */
static bool later_matches(const char *text, struct sg_str prefix)
{
    const char *p = text;
    for (int i = 0; i < SUGGEST_INFIX_WORDS && (p = strchr(p, ' ')); i++) {
        struct sg_str rest = sg_str(++p);
        rest.n = sg_utf8_floor(rest, SUGGEST_INFIX_MAX);
        if (!is_dull(p, strcspn(p, " ")) && sg_str_starts(rest, prefix))
            return true;
    }
    return false;
}

static bool title_matches(const struct title *t, struct sg_str prefix)
{
    char whole[300];
    snprintf(whole, sizeof whole, "%s\x1f%.12s", t->text, t->by ? t->by : "");
    return sg_str_starts(sg_str(whole), prefix);
}

static float loss_of(const struct title *t)
{
    return sg_suggest_length_loss((unsigned)sg_utf8_count(sg_str(t->text)));
}

static int heavier(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static bool matches(const struct title *t, struct sg_str prefix, enum sg_suggest_order order)
{
    return order == SG_LATER_WORD ? later_matches(t->text, prefix) : title_matches(t, prefix);
}

static void same_as_scan(const struct sg_suggest *s, const struct title *v, size_t n,
                         struct sg_str prefix, unsigned kinds, enum sg_suggest_order order,
                         size_t k)
{
    struct sg_completion got[64];
    float *wanted = calloc(n, sizeof *wanted);
    bool near = order == SG_NEARLY_TYPED;
    size_t m = 0, found = sg_suggest_match(s, prefix, kinds, order, got, k);
    for (size_t i = 0; i < n; i++) {
        if (kinds >> v[i].kind & 1 && matches(&v[i], prefix, order))
            wanted[m++] = v[i].score - (near ? loss_of(&v[i]) : 0);
    }
    qsort(wanted, m, sizeof *wanted, heavier);
    ck_assert_uint_eq(found, m < k ? m : k);
    for (size_t i = 0; i < found; i++) {
        const struct title *t = &v[got[i].id];
        float worth = got[i].score - (near ? loss_of(t) : 0);
        ck_assert_msg(fabsf(worth - wanted[i]) <= 0.26f,
                      "\"%.*s\" order %d kinds %u k %zu of %zu, %zu: %g, wanted %g", SG_FMT(prefix),
                      (int)order, kinds, k, m, i, worth, wanted[i]);
        ck_assert(fabsf(got[i].score - t->score) <= 0.126f);
        ck_assert(t->kind == got[i].kind && matches(t, prefix, order));
        ck_assert_uint_eq(got[i].letters,
                          order == SG_LATER_WORD ? 0 : sg_utf8_count(sg_str(t->text)));
        for (size_t j = 0; j < i; j++)
            ck_assert(got[j].id != got[i].id);
    }
    free(wanted);
}

static void random_title(struct title *t, uint64_t id)
{
    static const char *const words[] = {"love", "la",  "lane", "a",    "night", "ni",
                                        "feat", "éte", "宇多", "多田", "x",     "heaven"};
    t->text[0] = 0;
    int n = 1 + rand() % 5;
    for (int i = 0; i < n; i++) {
        strcat(t->text, i ? " " : "");
        strcat(t->text, words[(size_t)rand() % (sizeof words / sizeof *words)]);
        if (rand() % 3 == 0)
            strncat(t->text, "qrstuv", (size_t)rand() % 6);
    }
    t->kind = (enum sg_kind)(rand() % 20 ? rand() % 3 : SG_PLAYLIST);
    t->id = id;
    t->score = rand() % 3 ? 0.0f : (float)(rand() % 2000) / 100.0f;
    t->by = rand() % 2 ? words[(size_t)rand() % (sizeof words / sizeof *words)] : NULL;
}

static struct title *random_titles(size_t n)
{
    struct title *v = calloc(n, sizeof *v);
    for (size_t i = 0; i < n; i++)
        random_title(&v[i], i);
    return v;
}

START_TEST(best_k_are_those_of_a_scan)
{
    size_t n = 6000;
    struct title *v = random_titles(n);
    struct sg_suggest *s = built(v, n);
    for (int round = 0; round < 400; round++) {
        struct sg_str prefix = sg_str(v[(size_t)rand() % n].text);
        const char *space = rand() % 2 ? strchr(prefix.p, ' ') : NULL;
        if (space)
            prefix = sg_str(space + 1);
        size_t cut = 1 + (size_t)rand() % 9;
        prefix.n = prefix.n < cut ? prefix.n : cut;
        unsigned kinds = rand() % 2 ? ALL_KINDS : 1u + (unsigned)rand() % ALL_KINDS;
        enum sg_suggest_order order = (enum sg_suggest_order)(rand() % 3);
        same_as_scan(s, v, n, prefix, kinds, order, 1 + (size_t)rand() % 64);
    }
    sg_suggest_close(s);
    free(v);
}
END_TEST

START_TEST(a_rare_kind_is_found_among_many)
{
    size_t n = 20000;
    struct title *v = calloc(n, sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = (struct title){"love", SG_SONG, i, 5.0f + (float)i / 4000, NULL};
    v[777].kind = SG_PLAYLIST;
    v[777].score = 0;
    struct sg_suggest *s = built(v, n);
    same_as_scan(s, v, n, SG_STR("lo"), 1u << SG_PLAYLIST, SG_BEST_KNOWN, 10);
    same_as_scan(s, v, n, SG_STR("lo"), ALL_KINDS, SG_NEARLY_TYPED, 64);
    sg_suggest_close(s);
    free(v);
}
END_TEST

static size_t find(const struct sg_suggest *s, const char *prefix, enum sg_suggest_order order,
                   struct sg_completion *got)
{
    return sg_suggest_match(s, sg_str(prefix), ALL_KINDS, order, got, 8);
}

START_TEST(later_words_find_a_title_on_their_own)
{
    struct title v[] = {{"stairway to heaven", SG_SONG, 0, 5, "led zeppelin"},
                        {"heaven", SG_SONG, 1, 1, NULL}};
    struct sg_completion got[8];
    struct sg_suggest *s = built(v, 2);
    ck_assert_uint_eq(find(s, "heav", SG_LATER_WORD, got), 1);
    ck_assert_uint_eq(got[0].id, 0);
    ck_assert_uint_eq(find(s, "heav", SG_BEST_KNOWN, got), 1);
    ck_assert_uint_eq(got[0].id, 1);
    ck_assert_uint_eq(find(s, "to hea", SG_LATER_WORD, got), 0);
    ck_assert_uint_eq(find(s, "zz", SG_BEST_KNOWN, got), 0);
    ck_assert_uint_eq(find(s, "", SG_BEST_KNOWN, got), 0);
    ck_assert_uint_eq(sg_suggest_match(s, SG_STR("h"), 0, SG_BEST_KNOWN, got, 8), 0);
    sg_suggest_close(s);
}
END_TEST

START_TEST(a_whole_title_has_its_own_range_with_who_it_is_by)
{
    struct title v[] = {{"benzo", SG_SONG, 0, 1, "blood orange"},
                        {"benzo", SG_SONG, 1, 2, "rina"},
                        {"benzo blues", SG_SONG, 2, 9, "blondie"},
                        {"blood orange", SG_ARTIST, 3, 9, NULL}};
    struct sg_completion got[8];
    struct sg_suggest *s = built(v, 4);
    ck_assert_uint_eq(find(s, "benzo\x1f", SG_BEST_KNOWN, got), 2);
    ck_assert(got[0].id == 1 && got[1].id == 0);
    ck_assert_uint_eq(find(s,
                           "benzo\x1f"
                           "bl",
                           SG_BEST_KNOWN, got),
                      1);
    ck_assert_uint_eq(got[0].id, 0);
    ck_assert_uint_eq(find(s,
                           "benzo\x1f"
                           "blood orange and the others",
                           SG_BEST_KNOWN, got),
                      1);
    ck_assert_uint_eq(find(s, "benzo bl", SG_BEST_KNOWN, got), 1);
    ck_assert_uint_eq(got[0].id, 2);
    ck_assert_uint_eq(find(s, "blood orange\x1f", SG_BEST_KNOWN, got), 1);
    ck_assert_uint_eq(find(s, "ben", SG_NEARLY_TYPED, got), 3);
    ck_assert_uint_eq(got[2].id, 0);
    sg_suggest_close(s);
}
END_TEST

START_TEST(one_entity_of_repeated_words_comes_once)
{
    struct title v[] = {{"la la la la la la la la", SG_SONG, 0, 9, NULL},
                        {"la", SG_ARTIST, 1, 1, NULL}};
    struct sg_completion got[8];
    struct sg_suggest *s = built(v, 2);
    ck_assert_uint_eq(find(s, "la", SG_BEST_KNOWN, got), 2);
    ck_assert(got[0].id == 0 && got[1].id == 1);
    sg_suggest_close(s);
}
END_TEST

START_TEST(large_ids_and_long_titles_survive)
{
    struct title v[2] = {{"", SG_ALBUM, UINT64_MAX, 3, NULL},
                         {"", SG_PLAYLIST, INT64_MAX, 30, NULL}};
    struct sg_completion got[8];
    memset(v[0].text, 'a', 199);
    memset(v[1].text, 'a', 127);
    memcpy(v[1].text + 127, "é", 2);
    struct sg_suggest *s = built(v, 2);
    struct sg_str whole = {v[0].text, 128}, most = {v[0].text, 127};
    ck_assert_uint_eq(sg_suggest_match(s, whole, ALL_KINDS, SG_BEST_KNOWN, got, 2), 1);
    ck_assert_uint_eq(got[0].id, UINT64_MAX);
    ck_assert_uint_eq(sg_suggest_match(s, most, ALL_KINDS, SG_BEST_KNOWN, got, 2), 2);
    ck_assert_uint_eq(got[0].id, INT64_MAX);
    ck_assert(got[0].kind == SG_PLAYLIST && fabsf(got[0].score - 30) < 0.13f);
    sg_suggest_close(s);
}
END_TEST

/* --- words --- */

static bool is_near(const struct sg_suggest *s, const char *word, bool open, const char *meant)
{
    struct sg_near v[12];
    size_t n = sg_suggest_near(s, sg_str(word), open, v, 12);
    for (size_t i = 0; i < n; i++)
        if (sg_str_eq((struct sg_str){v[i].text, v[i].n}, sg_str(meant)))
            return true;
    return false;
}

START_TEST(words_and_their_beginnings_are_known)
{
    struct title v[] = {{"bohemian rhapsody", SG_SONG, 0, 9, "queen"},
                        {"supercalifragilistic", SG_SONG, 1, 1, NULL}};
    struct sg_suggest *s = built(v, 2);
    ck_assert_uint_eq(sg_suggest_word(s, SG_STR("bohemian"), false), 73);
    ck_assert_uint_eq(sg_suggest_word(s, SG_STR("rha"), true), 73);
    ck_assert_uint_eq(sg_suggest_word(s, SG_STR("rha"), false), 0);
    ck_assert_uint_eq(sg_suggest_word(s, SG_STR("supercalifragil"), false), 9);
    ck_assert_uint_eq(sg_suggest_word(s, SG_STR("bohemien"), true), 0);
    ck_assert_uint_eq(sg_suggest_word(s, SG_STR(""), true), 0);
    sg_suggest_close(s);
}
END_TEST

START_TEST(one_slip_of_any_sort_is_near)
{
    struct title v[] = {{"bohemian rhapsody", SG_SONG, 0, 9, NULL},
                        {"кино", SG_ARTIST, 1, 3, NULL},
                        {"transformation", SG_ALBUM, 2, 3, NULL}};
    struct sg_suggest *s = built(v, 3);
    ck_assert(is_near(s, "bohemien", false, "bohemian"));
    ck_assert(is_near(s, "bohmian", false, "bohemian"));
    ck_assert(is_near(s, "bohhemian", false, "bohemian"));
    ck_assert(is_near(s, "bhoemian", false, "bohemian"));
    ck_assert(is_near(s, "vohemian", false, "bohemian"));
    ck_assert(is_near(s, "bohemia", false, "bohemian"));
    ck_assert(is_near(s, "bohm", true, "bohem"));
    ck_assert(is_near(s, "bogem", true, "bohem"));
    ck_assert(is_near(s, "кени", true, "кин") || is_near(s, "кан", true, "кин"));
    ck_assert(is_near(s, "trnasformation", false, "transformation"));
    ck_assert(!is_near(s, "bohem", false, "bohemian"));
    ck_assert(!is_near(s, "bo", true, "boh"));
    ck_assert(!is_near(s, "bagim", true, "bohem"));
    sg_suggest_close(s);
}
END_TEST

START_TEST(near_words_come_best_known_first)
{
    struct title v[] = {{"lone", SG_SONG, 0, 3, NULL},
                        {"lose", SG_SONG, 1, 5, NULL},
                        {"love", SG_SONG, 2, 9, NULL}};
    struct sg_near near[2];
    struct sg_suggest *s = built(v, 3);
    ck_assert_uint_eq(sg_suggest_near(s, SG_STR("loze"), false, near, 2), 2);
    ck_assert(!memcmp(near[0].text, "love", 4) && !memcmp(near[1].text, "lose", 4));
    ck_assert_uint_eq(sg_suggest_near(s, SG_STR("loze"), false, near, 0), 0);
    ck_assert_uint_eq(sg_suggest_near(s, SG_STR("\xff\xf0\x80"), false, near, 2), 0);
    sg_suggest_close(s);
}
END_TEST

START_TEST(an_empty_segment_answers_nothing)
{
    struct sg_completion got[2];
    struct sg_suggest *s = built(NULL, 0);
    ck_assert_uint_eq(sg_suggest_count(s), 0);
    ck_assert_uint_eq(sg_suggest_match(s, SG_STR("a"), ALL_KINDS, SG_BEST_KNOWN, got, 2), 0);
    ck_assert_uint_eq(sg_suggest_word(s, SG_STR("a"), true), 0);
    sg_suggest_close(s);
}
END_TEST

START_TEST(spilled_runs_merge_into_the_same_order)
{
    struct sg_error e = SG_ERROR_INIT;
    struct suggest_sorter *one = suggest_sorter_new(path, 0),
                          *many = suggest_sorter_new(path, 5000);
    struct suggest_entry a, b;
    int rc;
    for (uint64_t i = 0; i < 5000; i++) {
        struct title t;
        random_title(&t, i);
        uint8_t letters = (uint8_t)sg_utf8_count(sg_str(t.text));
        struct suggest_entry x = {
            sg_str(t.text), suggest_score_pack(t.score), {i, t.kind, false, letters}};
        ck_assert_int_eq(suggest_sorter_add(one, &x, &e), 0);
        ck_assert_int_eq(suggest_sorter_add(many, &x, &e), 0);
    }
    struct suggest_entry before = {0};
    char text[256];
    for (size_t n = 0; (rc = suggest_sorter_next(one, &a, &e)) > 0; n++) {
        ck_assert_int_eq(suggest_sorter_next(many, &b, &e), 1);
        ck_assert(suggest_entry_cmp(&a, &b) == 0 && suggest_entry_cmp(&before, &a) < 0);
        memcpy(text, a.text.p, a.text.n);
        before = a;
        before.text.p = text;
    }
    ck_assert_int_eq(rc, 0);
    ck_assert_int_eq(suggest_sorter_next(many, &b, &e), 0);
    suggest_sorter_free(one);
    suggest_sorter_free(many);
}
END_TEST

START_TEST(damage_is_refused_or_harmless)
{
    struct title *v = random_titles(300);
    struct sg_error e = SG_ERROR_INIT;
    sg_suggest_close(built(v, 300));
    FILE *f = fopen(path, "rb");
    char *bytes = malloc(1 << 20), *bad = malloc(1 << 20);
    size_t n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    for (int round = 0; round < 3000; round++) {
        struct sg_suggest *s = NULL;
        struct sg_completion got[8];
        memcpy(bad, bytes, n);
        size_t at = (size_t)rand() % n;
        bad[at] = (char)(bad[at] ^ (1 << rand() % 8));
        int rc = sg_suggest_open_bytes(&s, (struct sg_str){bad, n}, &e);
        ck_assert_int_eq(rc, at < sizeof(struct sg_segment_header) ? SG_ECORRUPT : 0);
        struct sg_near near[8];
        for (int order = SG_BEST_KNOWN; !rc && order <= SG_LATER_WORD; order++)
            sg_suggest_match(s, SG_STR("la"), ALL_KINDS, (enum sg_suggest_order)order, got, 8);
        if (!rc)
            sg_suggest_near(s, SG_STR("lane"), true, near, 8);
        sg_suggest_close(s);
    }
    struct sg_suggest *s = NULL;
    ck_assert_int_eq(sg_suggest_open_bytes(&s, (struct sg_str){bytes, n - 1}, &e), SG_ECORRUPT);
    ck_assert_int_eq(sg_suggest_open_bytes(&s, (struct sg_str){bytes, 3}, &e), SG_ECORRUPT);
    ck_assert_int_eq(sg_suggest_open(&s, "/nonexistent/suggest.seg", &e), SG_ENOENT);
    free(bytes);
    free(bad);
    free(v);
}
END_TEST

START_TEST(an_aborted_writer_leaves_nothing)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_suggest_writer *w;
    char tmp[80];
    unlink(path);
    ck_assert_int_eq(sg_suggest_writer_open(&w, path, &e), 0);
    ck_assert_int_eq(sg_suggest_writer_add(w, SG_STR("a b"), SG_STR_NONE, SG_SONG, 1, 1, &e), 0);
    sg_suggest_writer_abort(w);
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    ck_assert(access(path, F_OK) && access(tmp, F_OK));
    ck_assert_int_eq(sg_suggest_writer_open(&w, "/nonexistent/x", &e), SG_ENOENT);
}
END_TEST

START_TEST(weights_keep_their_order_and_size)
{
    uint16_t before = 0;
    for (float w = 0; w < 1e18f; w = w * 1.07f + 1e-7f) {
        uint16_t q = sg_weight_pack(w);
        ck_assert(q >= 1 && q >= before);
        ck_assert(fabsf(sg_weight_unpack(q) - w) <= 0.01f * w + 1e-8f);
        before = q;
    }
    ck_assert_uint_eq(sg_weight_pack(NAN), 1);
    ck_assert_uint_eq(sg_weight_pack(-3), 1);
    ck_assert_uint_eq(sg_weight_pack(INFINITY), 65535);
}
END_TEST

int main(void)
{
    if (!mkdtemp(dir))
        return EXIT_FAILURE;
    snprintf(path, sizeof path, "%s/suggest.seg", dir);
    Suite *s = suite_create("suggest");
    TCase *t = tcase_create("suggest");
    suite_add_tcase(s, t);
    tcase_add_test(t, best_k_are_those_of_a_scan);
    tcase_add_test(t, a_rare_kind_is_found_among_many);
    tcase_add_test(t, later_words_find_a_title_on_their_own);
    tcase_add_test(t, a_whole_title_has_its_own_range_with_who_it_is_by);
    tcase_add_test(t, one_entity_of_repeated_words_comes_once);
    tcase_add_test(t, large_ids_and_long_titles_survive);
    tcase_add_test(t, words_and_their_beginnings_are_known);
    tcase_add_test(t, one_slip_of_any_sort_is_near);
    tcase_add_test(t, near_words_come_best_known_first);
    tcase_add_test(t, an_empty_segment_answers_nothing);
    tcase_add_test(t, spilled_runs_merge_into_the_same_order);
    tcase_add_test(t, damage_is_refused_or_harmless);
    tcase_add_test(t, an_aborted_writer_leaves_nothing);
    tcase_add_test(t, weights_keep_their_order_and_size);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    unlink(path);
    rmdir(dir);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
