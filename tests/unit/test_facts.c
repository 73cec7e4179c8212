#include "index/facts.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sg_arena arena; /* of the forms; kept to the end */

static struct sg_str forms(const char *text)
{
    return sg_document_text(&arena, sg_str(text));
}

static struct sg_document song(uint64_t id)
{
    return (struct sg_document){.kind = SG_SONG,
                                .id = id,
                                .title = forms("Hey Jude!"),
                                .n_artists = 2,
                                .artists = {forms("The Beatles"), forms("Björk")},
                                .album = forms("Hey, Jude"),
                                .genre_id = 4,
                                .year = 1968,
                                .is_explicit = id % 2,
                                .popularity = id * 1000};
}

static void write_songs(const char *path, uint64_t from, uint64_t to, bool part)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_facts_writer *w;
    ck_assert_int_eq(sg_facts_writer_open(&w, path, &e), 0);
    for (uint64_t id = from; id < to; id++) {
        struct sg_document d = song(id);
        if (sg_facts_writer_add(w, &d, &e))
            ck_abort_msg("%s", e.text);
    }
    int rc = part ? sg_facts_writer_part(w, &e) : sg_facts_writer_finish(w, &e);
    ck_assert_msg(rc == 0, "%s", e.text);
}

static bool is_song(const struct sg_facts_reader *r, uint32_t docid, uint64_t id)
{
    struct sg_facts f;
    return sg_facts_get(r, docid, &f) && f.id == id && f.popularity == id * 1000 &&
           f.year == 1968 && f.genre_id == 4 && f.is_explicit == (id % 2 == 1) &&
           sg_str_eq(f.title, SG_STR("hey jude")) &&
           sg_str_eq(f.artists, SG_STR("the beatles\x1f"
                                       "bjork")) &&
           sg_str_eq(f.album, SG_STR("hey jude"));
}

START_TEST(what_was_written_is_read)
{
    const char *path = test_path(test_scratch(), "facts.seg");
    struct sg_facts_reader *r;
    struct sg_facts f;
    write_songs(path, 1, 1001, false);
    ck_assert_int_eq(sg_facts_open(&r, path, NULL), 0);
    ck_assert_uint_eq(sg_facts_count(r), 1000);
    for (uint32_t docid = 1; docid <= 1000; docid++)
        if (!is_song(r, docid, docid)) /* checked for each, said for none: that takes a write */
            ck_abort_msg("document %u", docid);
    ck_assert(!sg_facts_get(r, 0, &f) && !sg_facts_get(r, 1001, &f));
    ck_assert(!sg_facts_get(r, UINT32_MAX, &f));
    sg_facts_close(r);
}
END_TEST

START_TEST(a_file_is_read_only_and_replaced_never_rewritten)
{
    const char *path = test_path(test_scratch(), "facts.seg");
    struct sg_facts_reader *before, *after;
    struct stat st;
    write_songs(path, 1, 101, false);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0444);
    ck_assert_int_eq(sg_facts_open(&before, path, NULL), 0);
    write_songs(path, 5001, 5011, false);
    ck_assert_int_eq(sg_facts_open(&after, path, NULL), 0);
    ck_assert(is_song(before, 1, 1) && is_song(before, 100, 100));
    ck_assert(is_song(after, 1, 5001) && sg_facts_count(after) == 10);
    sg_facts_close(before);
    sg_facts_close(after);
}
END_TEST

START_TEST(merged_parts_equal_one_file)
{
    const char *dir = test_scratch();
    const char *one = test_path(dir, "one"), *many = test_path(dir, "many");
    const char *parts[] = {test_path(dir, "a"), test_path(dir, "b"), test_path(dir, "c")};
    write_songs(one, 1, 301, false);
    write_songs(parts[0], 1, 100, true);
    write_songs(parts[1], 100, 100, true); /* an empty one */
    write_songs(parts[2], 100, 301, true);
    ck_assert_int_eq(sg_facts_merge(parts, 3, many, NULL), 0);
    char command[2048];
    snprintf(command, sizeof command, "cmp %s %s", one, many);
    ck_assert_int_eq(system(command), 0);
    ck_assert_int_ne(access(test_path(dir, "a.rows"), F_OK), 0);
}
END_TEST

START_TEST(a_file_of_no_documents_is_valid)
{
    const char *path = test_path(test_scratch(), "facts.seg");
    struct sg_facts_reader *r;
    struct sg_facts f;
    write_songs(path, 1, 1, false);
    ck_assert_int_eq(sg_facts_open(&r, path, NULL), 0);
    ck_assert_uint_eq(sg_facts_count(r), 0);
    ck_assert(!sg_facts_get(r, 1, &f));
    sg_facts_close(r);
}
END_TEST

static size_t read_all(const char *path, unsigned char *to, size_t cap)
{
    FILE *f = fopen(path, "rb");
    size_t n = fread(to, 1, cap, f);
    fclose(f);
    return n;
}

static void write_all(const char *path, const unsigned char *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    ck_assert_uint_eq(fwrite(p, 1, n, f), n);
    fclose(f);
}

static void put_byte(int fd, size_t at, unsigned char byte)
{
    if (pwrite(fd, &byte, 1, (off_t)at) != 1)
        ck_abort_msg("cannot write");
}

/* Whether what is still taken for a file of facts stays within itself. */
static bool is_harmless(const char *path, size_t at, size_t n)
{
    struct sg_facts_reader *r;
    struct sg_facts f;
    if (sg_facts_open(&r, path, NULL))
        return true;
    bool fine = at >= 40; /* the header guards itself */
    for (uint32_t docid = 1; docid <= 20; docid++)
        if (sg_facts_get(r, docid, &f))
            fine &= f.title.n + f.artists.n + f.album.n < n;
    sg_facts_close(r);
    return fine;
}

START_TEST(damage_anywhere_never_reads_outside)
{
    static unsigned char bytes[1 << 16];
    const char *dir = test_scratch();
    const char *path = test_path(dir, "facts.seg"), *bad = test_path(dir, "bad.seg");
    write_songs(path, 1, 21, false);
    size_t n = read_all(path, bytes, sizeof bytes);
    write_all(bad, bytes, n);
    int fd = open(bad, O_WRONLY);
    ck_assert_int_ge(fd, 0);
    for (size_t at = 0; at < n; at++) {
        put_byte(fd, at, bytes[at] ^ 0xff);
        if (!is_harmless(bad, at, n))
            ck_abort_msg("byte %zu", at);
        put_byte(fd, at, bytes[at]);
    }
    close(fd);
}
END_TEST

START_TEST(a_cut_file_is_corrupt_and_a_missing_one_not_found)
{
    static unsigned char bytes[1 << 16];
    const char *dir = test_scratch();
    const char *path = test_path(dir, "facts.seg"), *bad = test_path(dir, "bad.seg");
    struct sg_facts_reader *r;
    write_songs(path, 1, 21, false);
    size_t n = read_all(path, bytes, sizeof bytes);
    for (size_t cut = 0; cut < n; cut += 7) {
        write_all(bad, bytes, cut);
        if (sg_facts_open(&r, bad, NULL) != SG_ECORRUPT)
            ck_abort_msg("cut at %zu", cut);
    }
    ck_assert_int_eq(sg_facts_open(&r, test_path(dir, "none"), NULL), SG_ENOENT);
}
END_TEST

START_TEST(fields_may_be_missing)
{
    struct sg_document d = {.kind = SG_ARTIST, .id = 1, .title = forms("Sade")};
    struct sg_buf b = {0};
    struct sg_facts f = {.id = 9};
    sg_facts_pack(&d, &b);
    ck_assert(sg_facts_unpack(sg_buf_str(&b), &f));
    ck_assert(sg_str_eq(f.title, SG_STR("sade")));
    ck_assert_uint_eq(f.artists.n + f.album.n, 0);
    ck_assert_uint_eq(f.id, 9);
    ck_assert(!sg_facts_unpack(SG_STR("no separator"), &f) && !sg_facts_unpack(SG_STR_NONE, &f));
    sg_buf_free(&b);
}
END_TEST

START_TEST(aliases_are_kept_apart_from_names)
{
    struct sg_document d = song(1);
    struct sg_buf b = {0};
    struct sg_facts f;
    d.title_aliases = SG_STR("jude\x1e"
                             "hey joe");
    d.artist_aliases[0] = SG_STR("fab four");
    d.artist_aliases[1] = SG_STR("b\x1e"
                                 "bj");
    sg_facts_pack(&d, &b);
    ck_assert(sg_facts_unpack(sg_buf_str(&b), &f));
    ck_assert(sg_str_eq(f.title, SG_STR("hey jude")) && sg_str_eq(f.album, SG_STR("hey jude")));
    ck_assert(sg_str_eq(f.title_aliases, SG_STR("jude\x1f"
                                                "hey joe")));
    ck_assert(sg_str_eq(f.artist_aliases, SG_STR("fab four\x1f"
                                                 "b\x1f"
                                                 "bj")));
    for (size_t n = 0; n < b.n; n++)
        sg_facts_unpack((struct sg_str){b.p, n}, &f);
    ck_assert(!sg_facts_unpack(SG_STR("\x1d"), &f));
    sg_buf_free(&b);
}
END_TEST

START_TEST(a_row_too_long_is_cut_and_stays_readable)
{
    char *huge = malloc(SG_TEXT_MAX + 1);
    memset(huge, 'x', SG_TEXT_MAX);
    huge[SG_TEXT_MAX] = '\0';
    for (size_t i = 60; i < SG_TEXT_MAX; i += 61)
        huge[i] = ' ';
    struct sg_document d = {.kind = SG_SONG, .id = 1, .n_artists = SG_DOC_ARTISTS_MAX};
    d.title = d.album = forms(huge);
    for (size_t i = 0; i < SG_DOC_ARTISTS_MAX; i++)
        d.artists[i] = forms(huge);
    const char *path = test_path(test_scratch(), "facts.seg");
    struct sg_facts_writer *w;
    struct sg_facts_reader *r;
    struct sg_facts f;
    ck_assert_int_eq(sg_facts_writer_open(&w, path, NULL), 0);
    ck_assert_int_eq(sg_facts_writer_add(w, &d, NULL), 0);
    ck_assert_int_eq(sg_facts_writer_finish(w, NULL), 0);
    ck_assert_int_eq(sg_facts_open(&r, path, NULL), 0);
    ck_assert(sg_facts_get(r, 1, &f));
    ck_assert_uint_gt(f.title.n, 900);
    ck_assert_uint_gt(f.artists.n, 10000);
    sg_facts_close(r);
    free(huge);
}
END_TEST

START_TEST(an_aborted_writer_leaves_nothing)
{
    const char *dir = test_scratch();
    struct sg_facts_writer *w;
    struct sg_document d = song(1);
    ck_assert_int_eq(sg_facts_writer_open(&w, test_path(dir, "facts.seg"), NULL), 0);
    ck_assert_int_eq(sg_facts_writer_add(w, &d, NULL), 0);
    sg_facts_writer_abort(w);
    ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("facts");
    TCase *c = tcase_create("facts");
    tcase_add_test(c, what_was_written_is_read);
    tcase_add_test(c, a_file_is_read_only_and_replaced_never_rewritten);
    tcase_add_test(c, merged_parts_equal_one_file);
    tcase_add_test(c, a_file_of_no_documents_is_valid);
    tcase_add_test(c, damage_anywhere_never_reads_outside);
    tcase_add_test(c, a_cut_file_is_corrupt_and_a_missing_one_not_found);
    tcase_add_test(c, fields_may_be_missing);
    tcase_add_test(c, aliases_are_kept_apart_from_names);
    tcase_add_test(c, a_row_too_long_is_cut_and_stays_readable);
    tcase_add_test(c, an_aborted_writer_leaves_nothing);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
