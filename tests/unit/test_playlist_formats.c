/* test_playlist_formats.c - M3U8, XSPF and JSPF: round trips, other programs' files, hostile ones.
 */
#include "api/playlists/formats/sheet.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_error err;
static struct sg_sheet sheet;
static struct sg_buf file;

static const struct format {
    int (*read)(struct sg_str, struct sg_arena *, struct sg_sheet *, struct sg_error *);
    void (*write)(const struct sg_sheet *, struct sg_buf *);
} formats[] = {
    {sg_m3u8_read, sg_m3u8_write}, {sg_xspf_read, sg_xspf_write}, {sg_jspf_read, sg_jspf_write}};
enum { M3U8, XSPF, JSPF };

static void teardown(void)
{
    sg_arena_free(&arena);
    sg_buf_free(&file);
}

static int read_bytes(int format, struct sg_str bytes)
{
    err = (struct sg_error)SG_ERROR_INIT;
    return formats[format].read(bytes, &arena, &sheet, &err);
}

static int read(int format, const char *text)
{
    return read_bytes(format, sg_str(text));
}

static void expect(struct sg_str s, const char *text)
{
    ck_assert_msg(sg_str_eq(s, sg_str(text)), "%.*s, not %s", SG_FMT(s), text);
}

static void rewrite(int format, const struct sg_sheet *s)
{
    sg_buf_reset(&file);
    formats[format].write(s, &file);
    ck_assert(!sg_buf_failed(&file));
    ck_assert_msg(read_bytes(format, sg_buf_str(&file)) == 0, "%s", err.text);
}

START_TEST(what_is_written_is_read_back_the_same)
{
    struct sg_sheet_entry v[] = {
        {.title = SG_STR("Bohemian Rhapsody"),
         .artist = SG_STR("Queen"),
         .album = SG_STR("A Night at the Opera"),
         .song_id = 98765,
         .duration_s = 354},
        {.title = SG_STR("One - Two - Three"),
         .artist = SG_STR("A - B"),
         .song_id = 1,
         .duration_s = 1},
        {.title = SG_STR("<b>&amp;\"]]>\\u0041"),
         .artist = SG_STR("# hash, comma"),
         .song_id = 2,
         .duration_s = 86400},
        {.title = SG_STR("\xe3\x83\x97\xe3\x83\xac\xf0\x9f\x8e\xb5"),
         .artist = SG_STR("\xc3\x89"),
         .song_id = 3,
         .duration_s = 9},
    };
    struct sg_sheet s = {.title = SG_STR("Mine & \"yours\" <1>"), .v = v, .n = 4};
    for (int f = M3U8; f <= JSPF; f++) {
        rewrite(f, &s);
        ck_assert_uint_eq(sheet.n, 4);
        ck_assert(sg_str_eq(sheet.title, s.title));
        for (size_t i = 0; i < 4; i++) {
            ck_assert_msg(sg_str_eq(sheet.v[i].title, v[i].title), "%d: %.*s", f,
                          SG_FMT(sheet.v[i].title));
            ck_assert(sg_str_eq(sheet.v[i].artist, v[i].artist));
            ck_assert(sg_str_eq(sheet.v[i].album, v[i].album));
            ck_assert_uint_eq(sheet.v[i].song_id, v[i].song_id);
            ck_assert_int_eq(sheet.v[i].duration_s, v[i].duration_s);
        }
    }
}
END_TEST

START_TEST(a_title_cannot_become_a_line_an_element_or_a_member)
{
    struct sg_sheet_entry v[] = {
        {.title = SG_STR("x\n#EXTART:Evil\r\nsegue:song:666\n\xe2\x80\xa8y\xc2\x85z\x1b[2J"),
         .artist = SG_STR("a\"},{\"title\":\"b"),
         .album = SG_STR("</track><track><title>b"),
         .song_id = 5,
         .duration_s = 1},
        {.title = SG_STR("\xff\xfe\xc0\x80 bad"),
         .artist = SG_STR("\xed\xa0\x80\xef\xbf\xbf"),
         .song_id = 6,
         .duration_s = 1},
    };
    struct sg_sheet s = {.title = SG_STR("t\n#EXTINF:1,evil\nsegue:song:7"), .v = v, .n = 2};
    for (int f = M3U8; f <= JSPF; f++) {
        rewrite(f, &s);
        ck_assert_uint_eq(sheet.n, 2);
        ck_assert_uint_eq(sheet.v[0].song_id, 5);
        ck_assert(!memchr(sheet.v[0].title.p, '\n', sheet.v[0].title.n));
        expect(sheet.v[0].artist, "a\"},{\"title\":\"b");
        expect(sheet.v[0].album, "</track><track><title>b");
        ck_assert(sg_str_is_utf8(sheet.v[1].title) && sg_str_is_utf8(sheet.v[1].artist));
    }
}
END_TEST

START_TEST(a_place_cannot_become_a_comment)
{
    struct sg_sheet_entry v[] = {{.title = SG_STR("a"), .location = SG_STR("\x7f  #EXTART:x")},
                                 {.title = SG_STR("b"), .location = SG_STR("\n")},
                                 {.title = SG_STR("c"), .location = SG_STR("#EXTINF:1,x")}};
    struct sg_sheet s = {.title = SG_STR("t"), .v = v, .n = 3};
    rewrite(M3U8, &s);
    ck_assert_uint_eq(sheet.n, 3);
    ck_assert_int_eq(read(M3U8, "\x7f  #EXTINF:1,x"), 0);
    rewrite(M3U8, &sheet);
    ck_assert_uint_eq(sheet.n, 1);
}
END_TEST

START_TEST(files_of_other_programs_are_understood)
{
    ck_assert_int_eq(
        read(M3U8, "\xef\xbb\xbf#EXTM3U\r\n#EXTENC: UTF-8\r\n#PLAYLIST: Road \r\n\r\n"
                   "#EXTINF:200 tvg-id=\"x\",Abba - Waterloo\r\n/music/01.mp3\r\n"
                   "C:\\Music\\Queen - Innuendo.flac\r\n#EXTINF:-1,Just a title\rhttp://x/y.ogg"),
        0);
    expect(sheet.title, "Road");
    ck_assert_uint_eq(sheet.n, 3);
    expect(sheet.v[0].artist, "Abba");
    expect(sheet.v[0].title, "Waterloo");
    ck_assert_int_eq(sheet.v[0].duration_s, 200);
    expect(sheet.v[1].artist, "Queen");
    expect(sheet.v[1].title, "Innuendo");
    expect(sheet.v[2].title, "Just a title");
    ck_assert_int_eq(sheet.v[2].duration_s, 0);
    ck_assert_int_eq(
        read(XSPF, "<?xml version='1.0'?><playlist version='1' xmlns='http://xspf.org/ns/0/'>"
                   "<title>T</title><creator>c</creator><trackList><track><title>A<![CDATA[&]]>b"
                   "</title><creator>C</creator><identifier>isrc:GBUM71029604</identifier>"
                   "<duration>354499</duration><extension application='x'><title>no</title>"
                   "</extension></track><track/></trackList></playlist>"),
        0);
    ck_assert_uint_eq(sheet.n, 2);
    expect(sheet.v[0].title, "A&b");
    expect(sheet.v[0].isrc, "GBUM71029604");
    ck_assert_int_eq(sheet.v[0].duration_s, 354);
    ck_assert_int_eq(read(JSPF, "{\"playlist\":{\"title\":\"T\",\"track\":[{\"title\":\"A\","
                                "\"identifier\":[\"urn:isrc:GBUM71029604\",7,null],"
                                "\"location\":\"segue:song:4\",\"duration\":1499.9}]}}"),
                     0);
    expect(sheet.v[0].isrc, "GBUM71029604");
    ck_assert_uint_eq(sheet.v[0].song_id, 4);
    ck_assert_int_eq(sheet.v[0].duration_s, 1);
}
END_TEST

START_TEST(a_byte_order_mark_is_passed_over)
{
    static const char *const files[] = {
        "\xef\xbb\xbf#EXTM3U\nsegue:song:7\n",
        "\xef\xbb\xbf<?xml version=\"1.0\"?><playlist><trackList><track><identifier>segue:song:7"
        "</identifier></track></trackList></playlist>",
        "\xef\xbb\xbf{\"playlist\":{\"track\":[{\"identifier\":\"segue:song:7\"}]}}"};
    for (int f = M3U8; f <= JSPF; f++) {
        ck_assert_int_eq(read(f, files[f]), 0);
        ck_assert_uint_eq(sheet.n, 1);
        ck_assert_uint_eq(sheet.v[0].song_id, 7);
    }
}
END_TEST

START_TEST(entities_and_other_files_are_never_looked_at)
{
    static const char *const refused[] = {
        "<!DOCTYPE p [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
        "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]><playlist><title>&c;</title></playlist>",
        "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><playlist><title>&x;</title>"
        "</playlist>",
        "<!DOCTYPE p SYSTEM \"http://127.0.0.1:1/x.dtd\"><playlist/>",
        "<playlist><title>&undefined;</title></playlist>",
        "<playlist><trackList><track>",
        "<rss/>",
        "",
        "not xml",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        ck_assert_msg(read(XSPF, refused[i]) == SG_EINVAL, "%s", refused[i]);
}
END_TEST

static void repeat(const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        sg_buf_puts(&file, text);
}

START_TEST(what_is_too_much_is_refused_or_cut)
{
    repeat("x\n", SG_SHEET_ENTRIES + 1);
    ck_assert_int_eq(read_bytes(M3U8, sg_buf_str(&file)), SG_ELIMIT);
    sg_buf_reset(&file);
    repeat("#EXTINF:1,", 1);
    repeat("\xc3\xa9", 500000);
    repeat("\nx\n", 1);
    ck_assert_int_eq(read_bytes(M3U8, sg_buf_str(&file)), 0);
    ck_assert_uint_eq(sheet.v[0].title.n, SG_SHEET_TEXT);
    sg_buf_reset(&file);
    repeat("<playlist><trackList><track>", 1);
    repeat("<a>", 100000);
    ck_assert_int_ne(read_bytes(XSPF, sg_buf_str(&file)), 0);
    sg_buf_reset(&file);
    repeat("{\"playlist\":", 100000);
    ck_assert_int_eq(read_bytes(JSPF, sg_buf_str(&file)), SG_EINVAL);
    sg_buf_reset(&file);
    repeat("x", SG_SHEET_BYTES + 1);
    for (int f = M3U8; f <= JSPF; f++)
        ck_assert_int_eq(read_bytes(f, sg_buf_str(&file)), SG_ELIMIT);
    ck_assert_int_eq(read_bytes(M3U8, SG_STR("a\0b")), SG_EINVAL);
    ck_assert_int_eq(read(JSPF, "{\"playlist\":{\"track\":[1]}}"), SG_EINVAL);
    ck_assert_int_eq(read(JSPF, "[]"), SG_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("playlist_formats");
    TCase *t = tcase_create("playlist_formats");
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, what_is_written_is_read_back_the_same);
    tcase_add_test(t, a_title_cannot_become_a_line_an_element_or_a_member);
    tcase_add_test(t, a_place_cannot_become_a_comment);
    tcase_add_test(t, files_of_other_programs_are_understood);
    tcase_add_test(t, a_byte_order_mark_is_passed_over);
    tcase_add_test(t, entities_and_other_files_are_never_looked_at);
    tcase_add_test(t, what_is_too_much_is_refused_or_cut);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
