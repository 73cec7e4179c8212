/* test_playlists.c - playlists and the rows of what tracks are made of. */
#include "recsys/evaluate/evaluate.h"
#include "recsys/input/playlists.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_error err;

static void file(const char *dir, const char *name, const char *text)
{
    FILE *f = fopen(test_path(dir, name), "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

static const char tracks_header[] =
    "track_id\ttitle\tartist_ids\tartist_names\talbum_id\talbum\tduration_s\tplaylists\n";
static const char entries_header[] = "playlist_id\ttrack_id\tadded\tremoved\n";

/* Eight playlists of four tracks by two artists; the tracks of playlist p are p0 .. p3, in
 * no other one. Even playlists are Ann's, odd ones Bob's. */
static const char *archive(void)
{
    const char *dir = test_scratch();
    char tracks[8192], entries[8192];
    size_t t = (size_t)sprintf(tracks, "%s", tracks_header),
           n = (size_t)sprintf(entries, "%s", entries_header);
    for (int p = 0; p < 8; p++)
        for (int k = 0; k < 4; k++) {
            t += (size_t)sprintf(tracks + t, "t%d%d\tSong %d\t%s\t%s\tal%d\tAlbum\t200\t1\n", p, k,
                                 10 * p + k, p % 2 ? "bob" : "ann", p % 2 ? "Bob" : "Ann", p);
            n += (size_t)sprintf(entries + n, "list%d\tt%d%d\t2020-01-0%d\t\n", p, p, k, 9 - k);
        }
    file(dir, "tracks.tsv", tracks);
    file(dir, "playlist_tracks.tsv", entries);
    return dir;
}

START_TEST(the_earlier_half_is_given_and_the_later_asked_for)
{
    struct sg_playlists p;
    struct sg_split s;
    size_t asked = 0;
    ck_assert_msg(!sg_playlists_read(&p, archive(), &(struct sg_content){1, 0, 0}, &err), "%s",
                  err.text);
    ck_assert_uint_eq(p.entries.n, 32);
    for (size_t i = 0; i < p.entries.n; i += 4) {
        ck_assert_int_eq(p.entries.v[i].time % 86400, 0);
        for (size_t k = 1; k < 4; k++) /* by the day they were added */
            ck_assert_int_eq(p.entries.v[i + k].time, p.entries.v[i + k - 1].time + 86400);
    }
    for (size_t fold = 0; fold < 2; fold++) {
        ck_assert_int_eq(sg_split_playlists(&s, &p, fold, 2, 3, &err), 0);
        asked += s.n;
        for (size_t q = 0; q < s.n; q++) {
            const struct sg_question *ask = &s.questions[q];
            ck_assert(ask->given.n == 2 && ask->n == 2 && ask->relevant == 2);
            ck_assert_uint_eq(sg_side_find(&s.train.users, ask->user), SIZE_MAX); /* unseen */
        }
        sg_split_free(&s);
    }
    ck_assert_uint_eq(asked, 8); /* each once */
    sg_playlists_free(&p);
}
END_TEST

static double recall(const struct sg_content *content)
{
    struct sg_playlists p;
    struct sg_split s;
    struct sg_scorer *m;
    struct sg_evaluation v;
    struct sg_evaluate_options o = SG_EVALUATE_DEFAULTS;
    ck_assert_int_eq(sg_playlists_read(&p, archive(), content, &err), 0);
    if (sg_split_playlists(&s, &p, 0, 2, 3, &err)) {
        sg_playlists_free(&p);
        return 0;
    }
    struct sg_fit f = {.x = &s.train, .threads = 1, .seed = 1};
    ck_assert_int_eq(sg_scorer_fit(&m, "item-knn", &f, &err), 0);
    o.k = 14; /* of Ann's 16 or Bob's, less the two given */
    ck_assert_int_eq(sg_evaluate(&v, m, &s, &o, &err), 0);
    double mean = v.measure[SG_RECALL].mean;
    sg_scorer_free(m);
    sg_evaluation_free(&v);
    sg_split_free(&s);
    sg_playlists_free(&p);
    return mean;
}

START_TEST(tracks_of_one_playlist_are_found_by_what_they_are_made_of)
{
    ck_assert_double_eq(recall(&(struct sg_content){0, 0, 0}), 0);
    ck_assert_double_eq(recall(&(struct sg_content){1, 0, 0}), 1); /* the same artist's */
    ck_assert_double_eq(recall(&(struct sg_content){0, 1, 0}), 1); /* the same album's */
}
END_TEST

START_TEST(words_of_titles_are_rows_once_said_of_two_tracks)
{
    const char *dir = test_scratch();
    char text[1024];
    struct sg_playlists p;
    snprintf(text, sizeof text,
             "%s1\tBlue Moon\ta\tA\tx\tX\t1\t1\n2\tBLUE, blue\tb\tB\ty\tY\t1\t1\n"
             "3\tMoonlight\tc\tC\tz\tZ\t1\t1\n",
             tracks_header);
    file(dir, "tracks.tsv", text);
    file(dir, "playlist_tracks.tsv", entries_header);
    ck_assert_int_eq(sg_playlists_read(&p, dir, &(struct sg_content){1, 1, 0.5f}, &err), 0);
    ck_assert_uint_eq(p.content.n, 2); /* blue, of two tracks */
    ck_assert(p.content.v[0].user == p.content.v[1].user);
    ck_assert(p.content.v[0].weight + p.content.v[1].weight == 1.5f); /* said twice by one */
    struct sg_split s;
    ck_assert_int_eq(sg_split_playlists(&s, &p, 0, 5, 1, &err), SG_EINVAL); /* no playlists */
    sg_playlists_free(&p);
}
END_TEST

START_TEST(lines_that_do_not_fit_are_named)
{
    const char *dir = test_scratch();
    struct sg_playlists p;
    struct sg_content none = {0};
    ck_assert_int_eq(sg_playlists_read(&p, dir, &none, &err), SG_ENOENT);
    file(dir, "tracks.tsv", tracks_header);
    file(dir, "playlist_tracks.tsv", "header\nlist\ttrack\t2020-01-01\n");
    ck_assert_int_eq(sg_playlists_read(&p, dir, &none, &err), SG_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "playlist_tracks.tsv:2: "));
    file(dir, "tracks.tsv", "header\none\ttwo\n");
    ck_assert_int_eq(sg_playlists_read(&p, dir, &none, &err), SG_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "tracks.tsv:2: "));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("playlists");
    TCase *c = tcase_create("all");
    tcase_add_test(c, the_earlier_half_is_given_and_the_later_asked_for);
    tcase_add_test(c, tracks_of_one_playlist_are_found_by_what_they_are_made_of);
    tcase_add_test(c, words_of_titles_are_rows_once_said_of_two_tracks);
    tcase_add_test(c, lines_that_do_not_fit_are_named);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
