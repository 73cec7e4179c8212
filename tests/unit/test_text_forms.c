/* test_text_forms.c - the fast ways through a text give what the plain ones do:
 * over random Unicode, and over every text of the real data sets. */
#include "core/text.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>
#include <unistd.h>
#include <utf8proc.h>
#include <zlib.h>

static uint64_t state = 88172645463325252;

static uint64_t draw(void)
{
    state ^= state << 13; /* xorshift64, Marsaglia 2003 */
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static size_t join(char *to, const struct sg_words *w)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (i)
            to[n++] = ' ';
        memcpy(to + n, w->v[i].text.p, w->v[i].text.n);
        n += w->v[i].text.n;
    }
    return n;
}

static void forms_are_words_and_alternatives(struct sg_str text)
{
    static char is[SG_FORMS_MAX], want[SG_FORMS_MAX], fold[SG_TEXT_MAX];
    struct sg_words w;
    struct sg_str forms = {is, sg_text_forms(is, text)};
    sg_text_words(&w, text);
    size_t n = join(want, &w);
    sg_text_alternatives(&w, text);
    if (w.n) {
        want[n++] = SG_FORMS_MARK;
        n += join(want + n, &w);
    }
    ck_assert_msg(sg_str_eq(forms, (struct sg_str){want, n}), "%.*s: %.*s instead of %.*s",
                  SG_FMT(text), SG_FMT(forms), (int)n, want);
    n = sg_text_fold(fold, sizeof fold, text);
    ck_assert_msg(sg_str_eq(sg_forms_fold(forms), (struct sg_str){fold, n}), "%.*s", SG_FMT(text));
}

static UTransliterator *transliterator(const char *id)
{
    UChar wide[64];
    UErrorCode status = U_ZERO_ERROR;
    u_uastrcpy(wide, id);
    UTransliterator *t = utrans_openU(wide, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    ck_assert(U_SUCCESS(status));
    return t;
}

/* Words of the text as ICU romanises it in one piece. */
static void romanise_whole(UTransliterator *t, struct sg_str text, struct sg_words *out)
{
    UChar wide[8 * SG_TEXT_MAX];
    char latin[2 * SG_TEXT_MAX];
    int32_t n, limit, bytes;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8WithSub(wide, SG_TEXT_MAX, &n, text.p, (int32_t)text.n, ' ', NULL, &status);
    limit = n;
    utrans_transUChars(t, wide, &n, 8 * SG_TEXT_MAX, 0, &limit, &status);
    u_strToUTF8WithSub(latin, sizeof latin, &bytes, wide, n, ' ', NULL, &status);
    ck_assert(U_SUCCESS(status));
    sg_text_words(out, (struct sg_str){latin, (size_t)bytes});
}

static bool holds(const struct sg_words *w, struct sg_str word)
{
    for (size_t i = 0; i < w->n; i++)
        if (sg_str_eq(w->v[i].text, word))
            return true;
    return false;
}

static void romanised_as_a_whole(UTransliterator *t, struct sg_str text)
{
    struct sg_words words, alternatives, latin;
    sg_text_words(&words, text);
    sg_text_alternatives(&alternatives, text);
    romanise_whole(t, text, &latin);
    for (size_t i = 0; i < latin.n && alternatives.n < SG_WORDS_MAX; i++)
        ck_assert_msg(holds(&words, latin.v[i].text) || holds(&alternatives, latin.v[i].text),
                      "%.*s: no %.*s", SG_FMT(text), SG_FMT(latin.v[i].text));
}

struct alphabet {
    uint32_t first, last;
};

/* Up to 24 characters of three alphabets, a fifth of them spaces. */
static struct sg_str draw_text(char *to, const struct alphabet *of, size_t n)
{
    size_t used = 0, length = 1 + draw() % 24;
    const struct alphabet *some[] = {&of[draw() % n], &of[draw() % n], &of[draw() % n]};
    for (size_t i = 0; i < length; i++) {
        const struct alphabet *a = some[draw() % 3];
        uint32_t cp = draw() % 5 ? a->first + (uint32_t)(draw() % (a->last - a->first + 1)) : ' ';
        used += (size_t)utf8proc_encode_char((utf8proc_int32_t)cp, (utf8proc_uint8_t *)to + used);
    }
    return (struct sg_str){to, used};
}

START_TEST(forms_of_random_text_are_its_words_and_alternatives)
{
    static const struct alphabet all[] = {
        {0x20, 0x7e},     {0x20, 0x7e},     {'a', 'z'},       {1, 0x24f},       {0x370, 0x3ff},
        {0x400, 0x52f},   {0x590, 0x6ff},   {0x900, 0xe7f},   {0x1100, 0x11ff}, {0x1e00, 0x206f},
        {0x3000, 0x30ff}, {0x4e00, 0x9fff}, {0xac00, 0xd7a3}, {0xff00, 0xffef}, {0x1f300, 0x1f6ff},
    };
    char text[128];
    for (int i = 0; i < 30000; i++)
        forms_are_words_and_alternatives(draw_text(text, all, sizeof all / sizeof *all));
}
END_TEST

START_TEST(words_romanised_one_by_one_are_those_of_the_whole)
{
    static const struct alphabet some[] = {
        {0x20, 0x7e},     {0xc0, 0x24f},    {0x388, 0x3ce},   {0x400, 0x481},   {0x410, 0x44f},
        {0x561, 0x586},   {0x5d0, 0x5ea},   {0x621, 0x64a},   {0x904, 0x950},   {0x985, 0x9cd},
        {0xb85, 0xbcd},   {0xe01, 0xe3a},   {0x10d0, 0x10f0}, {0x3041, 0x3096}, {0x30a1, 0x30fc},
        {0x4e00, 0x9fff}, {0xac00, 0xd7a3}, {0x3005, 0x3005},
    };
    UTransliterator *any = transliterator("Any-Latin; Latin-ASCII");
    char text[128];
    for (int i = 0; i < 8000; i++)
        romanised_as_a_whole(any, draw_text(text, some, sizeof some / sizeof *some));
    utrans_close(any);
}
END_TEST

static void check_line(UTransliterator *any, char *line)
{
    for (char *rest = line, *cell; (cell = strsep(&rest, "\t\r\n"));) {
        struct sg_str text = sg_str(cell);
        if (!text.n || !sg_str_is_utf8(text))
            continue;
        forms_are_words_and_alternatives(text);
        if (draw() % 32 == 0)
            romanised_as_a_whole(any, text);
    }
}

static size_t check_file(UTransliterator *any, const char *path)
{
    static char line[1 << 16];
    size_t lines = 0;
    gzFile f = gzopen(path, "rb");
    ck_assert_ptr_nonnull(f);
    while (gzgets(f, line, sizeof line)) {
        check_line(any, line);
        lines++;
    }
    gzclose(f);
    return lines;
}

START_TEST(forms_of_real_names_are_their_words_and_alternatives)
{
    static const char *const files[] = {
        "spotify-playlist-archive/tracks.tsv.gz", "spotify-playlist-archive/playlists.tsv.gz",
        "billboard-hot-100/songs.tsv.gz", "lastfm-hetrec-2k/artists.dat.gz"};
    const char *datasets = getenv("SEGUE_DATASETS");
    UTransliterator *any = transliterator("Any-Latin; Latin-ASCII");
    size_t lines = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s", datasets ? datasets : "../shared/datasets", files[i]);
        if (access(path, R_OK) == 0)
            lines += check_file(any, path);
    }
    if (!lines)
        fprintf(stderr, "SKIPPED: no real names (set SEGUE_DATASETS)\n");
    utrans_close(any);
}
END_TEST

START_TEST(words_of_forms_are_taken_one_by_one)
{
    char bytes[SG_FORMS_MAX];
    struct sg_str word, forms = {bytes, sg_text_forms(bytes, SG_STR("Группа Blue-Jean"))};
    ck_assert(sg_str_eq(sg_forms_fold(forms), SG_STR("группа blue jean")));
    static const char *const want[] = {"группа", "blue", "jean", "bluejean", "gruppa"};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        ck_assert(sg_forms_next(&forms, &word));
        ck_assert_msg(sg_str_eq(word, sg_str(want[i])), "%.*s", SG_FMT(word));
    }
    ck_assert(!sg_forms_next(&forms, &word));
    ck_assert_uint_eq(sg_text_forms(bytes, SG_STR_NONE), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("text forms");
    TCase *t = tcase_create("text forms");
    tcase_set_timeout(t, 300);
    suite_add_tcase(s, t);
    tcase_add_test(t, forms_of_random_text_are_its_words_and_alternatives);
    tcase_add_test(t, words_romanised_one_by_one_are_those_of_the_whole);
    tcase_add_test(t, forms_of_real_names_are_their_words_and_alternatives);
    tcase_add_test(t, words_of_forms_are_taken_one_by_one);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
