/* test_text.c - folding, words, alternatives. */
#include "core/text.h"
#include <check.h>
#include <pthread.h>
#include <stdlib.h>

static void expect(bool alternatives, const char *text, const char *wanted)
{
    struct sg_words w;
    char got[4096] = "";
    if (alternatives)
        sg_text_alternatives(&w, sg_str(text));
    else
        sg_text_words(&w, sg_str(text));
    for (size_t i = 0; i < w.n; i++) {
        strcat(got, i ? "|" : "");
        strncat(got, w.v[i].text.p, w.v[i].text.n);
    }
    ck_assert_msg(!strcmp(got, wanted), "%s: got \"%s\", wanted \"%s\"", text, got, wanted);
}

static void words(const char *text, const char *wanted)
{
    expect(false, text, wanted);
}

static void alternatives(const char *text, const char *wanted)
{
    expect(true, text, wanted);
}

START_TEST(accents_and_case_fold_away)
{
    words("Beyoncé", "beyonce");
    words("Beyonce\xcc\x81", "beyonce");
    words("Sigur Rós", "sigur|ros");
    words("MØ", "mo");
    words("Ænima", "aenima");
    words("Straße", "strasse");
    words("STRASSE", "strasse");
    words("Łódź", "lodz");
    words("ışık İstanbul", "isik|istanbul");
    words("Mötley Crüe", "motley|crue");
    words("ΜΑΝΟΣ Μάνος", "μανοσ|μανοσ");
    words("Ёлка Король и Шут", "елка|король|и|шут");
}
END_TEST

START_TEST(compatibility_forms_become_plain)
{
    words("Ｆｕｌｌ　ｗｉｄｔｈ１２", "full|width12");
    words("ﬁnal", "final");
    words("𝕳𝖊𝖑𝖑𝖔", "hello");
    words("x²", "x2");
    words("ｶﾞﾝﾀﾞﾑ", "ガン|ンダ|ダム");
    words("Foo™ ©", "foo");
    words("so\u00adft", "soft");
}
END_TEST

START_TEST(punctuation_has_its_rules)
{
    words("AC/DC", "ac|dc");
    words("don't Don’t DON`T", "dont|dont|dont");
    words("rockin' 'til", "rockin|til");
    words("T.N.T.", "tnt");
    words("R.E.M.", "rem");
    words("t.A.T.u.", "tatu");
    words("B.o.B", "bob");
    words("M.I.A. - Paper Planes", "mia|paper|planes");
    words("J. Cole", "j|cole");
    words("J.Cole", "j|cole");
    words("Mr.Big", "mr|big");
    words("Op.9 No.2", "op|9|no|2");
    words("blue-jean", "blue|jean");
    words("P.S. I Love You", "ps|i|love|you");
}
END_TEST

START_TEST(symbols_stand_for_letters_and_words)
{
    words("P!nk", "pink");
    words("Wham! Rap", "wham|rap");
    words("Ke$ha", "kesha");
    words("A$AP Rocky", "asap|rocky");
    words("$uicideboy$", "suicideboys");
    words("Too $hort $100", "too|short|100");
    words("Rock & Roll", "rock|and|roll");
    words("R&B", "r|and|b");
    words("Simon &", "simon|and");
    words("Florence + The Machine", "florence|and|the|machine");
    words("C++ Lang", "c|lang");
    words("Rock'n'Roll", "rock|n|roll");
    words("Guns N' Roses", "guns|n|roses");
    words("x feat. y Ft. z featuring q", "x|feat|y|feat|z|feat|q");
}
END_TEST

START_TEST(names_of_symbols_keep_them)
{
    words("!!!", "!!!");
    words(" ! ! ", "!!");
    words("+44", "+44");
    words("÷", "÷");
    words("$", "$");
    words("&", "&");
    words("...", "...");
    words("", "");
    words("   ", "");
    alternatives("+44", "44");
    alternatives("!!! (Chk Chk)", "!!!");
    alternatives("÷ Deluxe", "÷");
}
END_TEST

START_TEST(scripts_without_spaces_become_bigrams)
{
    words("宇多田ヒカル", "宇多|多田|田ヒ|ヒカ|カル");
    words("歌", "歌");
    words("J-POP歌謡曲", "j|pop|歌謡|謡曲");
    words("がんば か\xe3\x82\x99", "がん|んば|が");
    words("สวัส", "สว|วั|ัส");
    words("방탄소년단", "방탄소년단");
    words("\xe1\x84\x87\xe1\x85\xa1\xe1\x86\xbc", "방");
}
END_TEST

START_TEST(semitic_marks_and_variants_fold)
{
    words("أَغَانِي إلى فيروزة", "اغاني|الي|فيروزه");
    words("شَـــكر", "شكر");
    words("שָׁלוֹם", "שלום");
    words("١٢٣ ۴۵", "123|45");
    words("हिन्दी", "हिन्दी");
}
END_TEST

START_TEST(emoji_are_words)
{
    words("I ❤️ U", "i|❤|u");
    words("🔥🔥 fire👍🏽", "🔥|🔥|fire|👍");
    words("🇫🇷🇩🇪", "🇫🇷|🇩🇪");
    words("👨‍👩‍👧", "👨|👩|👧");
}
END_TEST

START_TEST(alternatives_cover_other_spellings)
{
    alternatives("AC/DC", "acdc");
    alternatives("blue-jean", "bluejean");
    alternatives("Jay-Z", "jayz");
    alternatives("M*A*S*H", "mash");
    alternatives("10,000 Maniacs", "10000");
    alternatives("R&B", "rnb|n");
    alternatives("Rock & Roll", "n");
    alternatives("Rock'n'Roll", "rocknroll|and");
    alternatives("x feat. y", "featuring");
    alternatives("Bohemian Rhapsody", "");
    alternatives("Beyoncé", "");
    alternatives("Кино", "kino");
    alternatives("Шнуров", "snurov|shnurov");
    alternatives("ヒカル", "ル|hikaru");
    alternatives("방탄", "bangtan");
}
END_TEST

START_TEST(words_know_where_they_came_from)
{
    const char *text = "The Beyoncé's  Ænima";
    struct sg_words w;
    sg_text_words(&w, sg_str(text));
    ck_assert_uint_eq(w.n, 3);
    const char *origin[] = {"The", "Beyoncé's", "Ænima"};
    for (size_t i = 0; i < w.n; i++) {
        struct sg_str from = {text + w.v[i].from, w.v[i].to - w.v[i].from};
        ck_assert(sg_str_eq(from, sg_str(origin[i])));
    }
}
END_TEST

START_TEST(marks_of_decomposed_letters_belong_to_their_word)
{
    const char *text = "e\xcc\x81 x";
    struct sg_words w;
    sg_text_words(&w, sg_str(text));
    ck_assert_uint_eq(w.n, 2);
    ck_assert_uint_eq(w.v[0].to, 3);
    ck_assert_uint_eq(w.v[1].from, 4);
}
END_TEST

START_TEST(long_input_is_cut_on_characters)
{
    char text[4 * SG_TEXT_MAX];
    struct sg_words w;
    for (size_t i = 0; i < sizeof text; i += 2)
        memcpy(text + i, "\xd0\xb6", 2); /* ж */
    sg_text_words(&w, (struct sg_str){text, sizeof text - 1});
    ck_assert_uint_eq(w.n, 1);
    ck_assert_uint_eq(w.v[0].text.n, SG_WORD_MAX);
    text[0] = 'x';
    text[1] = 'y';
    text[2] = 'z';
    text[3] = 'a';
    text[4] = 'b';
    text[5] = 'c';
    text[6] = 'd';
    sg_text_words(&w, (struct sg_str){text, 7 + 200});
    ck_assert(w.v[0].text.n <= SG_WORD_MAX && sg_str_is_utf8(w.v[0].text));

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 ? ' ' : 'a';
    sg_text_words(&w, (struct sg_str){text, sizeof text});
    ck_assert_uint_eq(w.n, SG_WORDS_MAX);
    sg_text_alternatives(&w, (struct sg_str){text, sizeof text});
    ck_assert_uint_eq(w.n, 0);
}
END_TEST

START_TEST(invalid_bytes_break_words)
{
    words("ab\xff"
          "cd\xc3",
          "ab|cd");
    words("\xed\xa0\x80", "");
}
END_TEST

START_TEST(fold_joins_words_and_ends_on_a_whole_one)
{
    char out[12];
    size_t n = sg_text_fold(out, sizeof out, SG_STR("Stairway to Heaven"));
    ck_assert(sg_str_eq((struct sg_str){out, n}, SG_STR("stairway to")));
    ck_assert_uint_eq(sg_text_fold(out, 3, SG_STR("Stairway")), 0);
}
END_TEST

START_TEST(utf8_is_counted_and_cut_by_character)
{
    struct sg_str s = SG_STR("aé宇🔥");
    ck_assert_uint_eq(sg_utf8_count(s), 4);
    ck_assert_uint_eq(sg_utf8_prefix(s, 0), 0);
    ck_assert_uint_eq(sg_utf8_prefix(s, 2), 3);
    ck_assert_uint_eq(sg_utf8_prefix(s, 9), s.n);
    ck_assert_uint_eq(sg_utf8_floor(s, 2), 1);
    ck_assert_uint_eq(sg_utf8_floor(s, 5), 3);
    ck_assert_uint_eq(sg_utf8_floor(s, 99), s.n);
}
END_TEST

static void *romanise(void *unused)
{
    (void)unused;
    for (int i = 0; i < 50; i++) {
        struct sg_words w;
        sg_text_alternatives(&w, SG_STR("Группа Кино"));
        if (w.n < 2 || !sg_str_eq(w.v[1].text, SG_STR("kino")))
            return (void *)1;
    }
    return NULL;
}

static bool has_alternative(const char *text, const char *word)
{
    struct sg_words w;
    sg_text_alternatives(&w, sg_str(text));
    for (size_t i = 0; i < w.n; i++)
        if (sg_str_eq(w.v[i].text, sg_str(word)))
            return true;
    return false;
}

START_TEST(chinese_has_the_words_of_its_other_script)
{
    ck_assert(has_alternative("鄧麗君", "邓丽") && has_alternative("邓丽君", "鄧麗"));
    ck_assert(!has_alternative("愛のうた", "爱の"));
}
END_TEST

START_TEST(names_have_a_whole_latin_form)
{
    char out[SG_TEXT_MAX];
    ck_assert(
        sg_str_eq(sg_str("kino"),
                  (struct sg_str){out, sg_text_romanised(out, sizeof out, sg_str("Кино"), false)}));
    size_t n = sg_text_romanised(out, sizeof out, sg_str("Наутилус Помпилиуш"), true);
    ck_assert(sg_str_eq(sg_str("nautilus pompiliush"), (struct sg_str){out, n}));
    ck_assert_uint_eq(sg_text_romanised(out, sizeof out, sg_str("Beyoncé"), false), 0);
    ck_assert_uint_eq(sg_text_romanised(out, sizeof out, sg_str("Queen"), true), 0);
}
END_TEST

START_TEST(threads_romanise_side_by_side)
{
    pthread_t threads[4];
    void *failed;
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, romanise, NULL), 0);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
        ck_assert_ptr_null(failed);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("text");
    TCase *t = tcase_create("text");
    suite_add_tcase(s, t);
    tcase_add_test(t, accents_and_case_fold_away);
    tcase_add_test(t, compatibility_forms_become_plain);
    tcase_add_test(t, punctuation_has_its_rules);
    tcase_add_test(t, symbols_stand_for_letters_and_words);
    tcase_add_test(t, names_of_symbols_keep_them);
    tcase_add_test(t, scripts_without_spaces_become_bigrams);
    tcase_add_test(t, semitic_marks_and_variants_fold);
    tcase_add_test(t, emoji_are_words);
    tcase_add_test(t, alternatives_cover_other_spellings);
    tcase_add_test(t, words_know_where_they_came_from);
    tcase_add_test(t, marks_of_decomposed_letters_belong_to_their_word);
    tcase_add_test(t, long_input_is_cut_on_characters);
    tcase_add_test(t, invalid_bytes_break_words);
    tcase_add_test(t, fold_joins_words_and_ends_on_a_whole_one);
    tcase_add_test(t, utf8_is_counted_and_cut_by_character);
    tcase_add_test(t, chinese_has_the_words_of_its_other_script);
    tcase_add_test(t, names_have_a_whole_latin_form);
    tcase_add_test(t, threads_romanise_side_by_side);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
