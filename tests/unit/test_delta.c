/* The writer's side of a delta, checked through a searcher. */
#include "index/delta.h"
#include "tests/support/live.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define SONGS   200
#define CHANGES 1500

static char dir[128], gen[256];
static struct sg_error e;
static struct sg_delta *d;
static struct sg_index *x;
static struct sg_searcher *s;
static uint64_t lsn;

static void set_up(void)
{
    live_dir(dir);
    live_publish(dir, "gen-1", SONGS, 1);
    snprintf(gen, sizeof gen, "%s/gen-1", dir);
    lsn = 0;
    ck_assert_int_eq(sg_delta_open(&d, gen, &e), 0);
    ck_assert_int_eq(sg_index_open(&x, &(struct sg_index_options){.dir = dir}, &e), 0);
    ck_assert_int_eq(sg_searcher_open(&s, x, &e), 0);
}

static void tear_down(void)
{
    sg_searcher_close(s);
    sg_index_close(x);
    sg_delta_close(d);
    live_remove(dir);
}

static void commit(void)
{
    lsn += 100;
    ck_assert_msg(sg_delta_commit(d, lsn, lsn / 10, &e) == 0, "%s", e.text);
    sg_searcher_end(s);
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
}

static void check_whole(void)
{
    char why[256] = "";
    char *text = live_dump(s, why);
    ck_assert_msg(text != NULL, "%s", why);
    free(text);
}

static bool is_there(enum sg_kind kind, const char *words, uint64_t id)
{
    uint64_t ids[SONGS];
    size_t n = live_find(s, kind, words, ids, SONGS), times = 0;
    for (size_t i = 0; i < n; i++)
        times += ids[i] == id;
    ck_assert_uint_le(times, 1);
    return times == 1;
}

static uint64_t plays_of(uint64_t id)
{
    struct sg_arena a = {0};
    struct sg_song song;
    ck_assert_int_eq(sg_searcher_record(s, SG_SONG, id, &a, &song, &e), 0);
    sg_arena_free(&a);
    return song.play_count;
}

START_TEST(a_new_song_is_found_after_commit_and_not_before)
{
    live_put_song(d, (struct live_song){.id = 900, .artist = 1, .title = "Zanzibar Dawn"});
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
    ck_assert_uint_eq(live_find(s, SG_SONG, "zanzibar", (uint64_t[1]){0}, 1), 0);
    commit();
    ck_assert(live_finds_only(s, SG_SONG, "zanzibar dawn", 900));
    ck_assert(live_finds_only(s, SG_SONG, "zanzibar singer", 900));
    ck_assert_uint_eq(sg_searcher_count(s, SG_SONG), SONGS + 1);
    ck_assert_uint_eq(sg_searcher_lsn(s), 100);
    ck_assert_uint_eq(sg_delta_lsn(d), 100);
    ck_assert_uint_eq(sg_delta_sequence(d), 10);
    check_whole();
}
END_TEST

START_TEST(a_changed_song_is_found_by_its_new_words_only)
{
    live_put_song(d, (struct live_song){.id = 7, .artist = 8, .album = 8, .title = "Quicksilver"});
    commit();
    ck_assert(live_finds_only(s, SG_SONG, "quicksilver", 7));
    ck_assert(!is_there(SG_SONG, "track", 7));
    live_put_song(d, (struct live_song){.id = 7, .artist = 8, .album = 8, .title = "Mercury"});
    commit();
    ck_assert(live_finds_only(s, SG_SONG, "mercury", 7));
    ck_assert_uint_eq(live_find(s, SG_SONG, "quicksilver", (uint64_t[1]){0}, 1), 0);
    ck_assert(sg_searcher_is_dead(s, SG_SONG, 7));
    ck_assert(!sg_searcher_is_dead(s, SG_SONG, 8));
    check_whole();
}
END_TEST

START_TEST(rename_of_an_artist_reaches_her_songs)
{
    live_put_artist(d, 3, "Aurora Borealis");
    live_put_song(d, (struct live_song){.id = 901, .artist = 3, .title = "Fresh"});
    commit();
    ck_assert(live_finds_only(s, SG_ARTIST, "aurora", 3));
    for (uint64_t id = 1; id <= SONGS; id++)
        ck_assert_int_eq(is_there(SG_SONG, "aurora borealis", id), id % 10 + 1 == 3);
    ck_assert(is_there(SG_SONG, "fresh aurora", 901));
    ck_assert(is_there(SG_ALBUM, "aurora", 3) && is_there(SG_ALBUM, "aurora", 13));
    check_whole();
    live_put_artist(d, 3, "Polaris");
    commit();
    ck_assert(is_there(SG_SONG, "fresh polaris", 901));
    ck_assert_uint_eq(live_find(s, SG_SONG, "aurora", (uint64_t[1]){0}, 1), 0);
    check_whole();
}
END_TEST

START_TEST(a_rename_that_reaches_thousands_is_one_commit)
{
    static uint64_t ids[3000];
    for (uint64_t i = 0; i < 2000; i++)
        live_put_song(d, (struct live_song){.id = 1000 + i, .artist = 3, .title = "One Of Many"});
    commit();
    live_put_artist(d, 3, "Prolific");
    ck_assert_int_eq(sg_delta_commit(d, ++lsn, 1, &e), 0);
    ck_assert_uint_eq(live_find(s, SG_SONG, "prolific", ids, 3000), 0);
    sg_searcher_end(s);
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
    ck_assert_uint_eq(live_find(s, SG_SONG, "prolific", ids, 3000), 2000 + SONGS / 10);
    check_whole();
}
END_TEST

START_TEST(retitling_an_album_reaches_its_songs)
{
    live_put_album(d, 5, "Cathedral", 5);
    commit();
    for (uint64_t id = 1; id <= SONGS; id++)
        ck_assert_int_eq(is_there(SG_SONG, "cathedral", id), id % 20 + 1 == 5);
    ck_assert(live_finds_only(s, SG_ALBUM, "cathedral", 5));
    check_whole();
}
END_TEST

START_TEST(an_artist_that_comes_after_her_songs_names_them)
{
    live_put_song(d, (struct live_song){.id = 902, .artist = 77, .album = 88, .title = "Early"});
    commit();
    live_put_artist(d, 77, "Latecomer");
    live_put_album(d, 88, "Afterwards", 77);
    commit();
    ck_assert(live_finds_only(s, SG_SONG, "early latecomer afterwards", 902));
    ck_assert(live_finds_only(s, SG_ALBUM, "afterwards latecomer", 88));
    ck_assert_int_eq(sg_delta_remove(d, SG_ARTIST, 77, &e), 0);
    commit();
    ck_assert(live_finds_only(s, SG_SONG, "early afterwards", 902));
    ck_assert_uint_eq(live_find(s, SG_SONG, "latecomer", (uint64_t[1]){0}, 1), 0);
    check_whole();
}
END_TEST

START_TEST(a_removed_song_is_gone_and_can_come_back)
{
    struct sg_arena a = {0};
    struct sg_song song;
    ck_assert_int_eq(sg_delta_remove(d, SG_SONG, 12, &e), 0);
    ck_assert_int_eq(sg_delta_remove(d, SG_SONG, 4242, &e), 0);
    commit();
    ck_assert(!is_there(SG_SONG, "track", 12));
    ck_assert_int_eq(sg_searcher_record(s, SG_SONG, 12, &a, &song, &e), SG_ENOENT);
    ck_assert_uint_eq(sg_searcher_count(s, SG_SONG), SONGS - 1);
    ck_assert(sg_searcher_is_dead(s, SG_SONG, 12));
    check_whole();
    live_put_song(d, (struct live_song){.id = 12, .artist = 1, .title = "Lazarus", .plays = 5});
    commit();
    ck_assert(live_finds_only(s, SG_SONG, "lazarus", 12));
    ck_assert_uint_eq(plays_of(12), 5);
    ck_assert_uint_eq(sg_searcher_count(s, SG_SONG), SONGS);
    check_whole();
    sg_arena_free(&a);
}
END_TEST

START_TEST(a_song_that_came_and_went_leaves_nothing)
{
    live_put_song(d, (struct live_song){.id = 903, .artist = 1, .title = "Ephemera"});
    commit();
    ck_assert_uint_eq(sg_delta_documents(d), 1);
    ck_assert_int_eq(sg_delta_remove(d, SG_SONG, 903, &e), 0);
    commit();
    ck_assert_uint_eq(live_find(s, SG_SONG, "ephemera", (uint64_t[1]){0}, 1), 0);
    ck_assert_uint_eq(sg_delta_documents(d), 0);
    check_whole();
}
END_TEST

START_TEST(a_play_count_moves_without_a_new_document)
{
    struct sg_facts f;
    sg_docref doc;
    struct sg_str term = SG_STR("A9");
    struct sg_term_group group = {&term, 1, false};
    ck_assert_int_eq(sg_delta_plays(d, 8, 123456789, &e), 0);
    ck_assert_int_eq(sg_delta_plays(d, 4242, 1, &e), 0);
    commit();
    ck_assert_uint_eq(sg_delta_documents(d), 0);
    ck_assert_uint_eq(plays_of(8), 123456789);
    ck_assert_int_eq(sg_match_begin(s, SG_SONG, &group, 1, &e), 0);
    ck_assert_int_eq(sg_match_next(s, &doc, 1, &e), 1);
    ck_assert(sg_searcher_facts(s, SG_SONG, doc, &f));
    ck_assert_uint_eq(f.id, 8);
    ck_assert_uint_eq(f.popularity, 123456789);
}
END_TEST

/* A put that differs in plays alone takes the same short way, in the delta too. */
START_TEST(a_put_that_only_plays_does_not_document)
{
    struct sg_song song;
    struct sg_arena a = {0};
    ck_assert_int_eq(sg_delta_get(d, SG_SONG, 8, &a, &song, &e), 0);
    ck_assert_int_eq(sg_delta_put(d, SG_SONG, &song, &e), 0);
    song.play_count = 5;
    ck_assert_int_eq(sg_delta_put(d, SG_SONG, &song, &e), 0);
    commit();
    ck_assert_uint_eq(sg_delta_documents(d), 0);
    ck_assert_uint_eq(plays_of(8), 5);
    song.title = SG_STR("Now Documented");
    ck_assert_int_eq(sg_delta_put(d, SG_SONG, &song, &e), 0);
    commit();
    ck_assert_uint_eq(sg_delta_documents(d), 1);
    ck_assert_uint_eq(plays_of(8), 5);
    ck_assert_int_eq(sg_delta_plays(d, 8, 99, &e), 0);
    commit();
    uint64_t id;
    ck_assert_uint_eq(live_find(s, SG_SONG, "documented", &id, 1), 1);
    ck_assert_uint_eq(plays_of(8), 99);
    ck_assert_int_eq(sg_delta_get(d, SG_SONG, 8, &a, &song, &e), 0);
    ck_assert_uint_eq(song.play_count, 99);
    check_whole();
    sg_arena_free(&a);
}
END_TEST

START_TEST(a_playlist_made_private_disappears)
{
    live_put_playlist(d, 2, "Morning Run", 10);
    live_put_playlist(d, 50, "Evening Run", 20);
    commit();
    uint64_t ids[3];
    ck_assert_uint_eq(live_find(s, SG_PLAYLIST, "run", ids, 3), 2);
    ck_assert_uint_eq(ids[0], 50);
    ck_assert_int_eq(sg_delta_remove(d, SG_PLAYLIST, 50, &e), 0);
    ck_assert_int_eq(sg_delta_remove(d, SG_PLAYLIST, 3, &e), 0);
    commit();
    ck_assert(live_finds_only(s, SG_PLAYLIST, "run", 2));
    ck_assert(!is_there(SG_PLAYLIST, "mix", 3));
    check_whole();
}
END_TEST

START_TEST(delta_documents_come_best_first)
{
    static const uint64_t plays[] = {5, 900000, 0, 77, 16777300, 800};
    uint64_t ids[6];
    for (uint64_t i = 0; i < 6; i++)
        live_put_song(d, (struct live_song){
                             .id = 910 + i, .artist = 1, .plays = plays[i], .title = "Ladder"});
    commit();
    ck_assert_uint_eq(live_find(s, SG_SONG, "ladder", ids, 6), 6);
    ck_assert_mem_eq(ids, ((uint64_t[]){914, 911, 915, 913, 910, 912}), sizeof ids);
    live_put_song(
        d, (struct live_song){.id = 912, .artist = 1, .plays = 99999999, .title = "Ladder Up"});
    commit();
    ck_assert_uint_eq(live_find(s, SG_SONG, "ladder", ids, 6), 6);
    ck_assert_uint_eq(ids[0], 912);
}
END_TEST

START_TEST(a_rolled_back_batch_leaves_no_trace)
{
    struct sg_arena a = {0};
    struct sg_artist artist;
    live_put_artist(d, 3, "Nobody");
    ck_assert_int_eq(sg_delta_get(d, SG_ARTIST, 3, &a, &artist, &e), 0);
    ck_assert(sg_str_eq(artist.name, SG_STR("Nobody")));
    sg_delta_rollback(d);
    ck_assert_int_eq(sg_delta_get(d, SG_ARTIST, 3, &a, &artist, &e), 0);
    ck_assert(sg_str_eq(artist.name, SG_STR("Singer c")));
    commit();
    ck_assert_uint_eq(live_find(s, SG_SONG, "nobody", (uint64_t[1]){0}, 1), 0);
    ck_assert_uint_eq(sg_delta_documents(d), 0);
    sg_arena_free(&a);
}
END_TEST

START_TEST(a_record_that_breaks_its_bounds_is_refused_and_the_batch_lives)
{
    struct sg_song bad = {.song_id = 920, .title = {"\xff\xfe", 2}};
    ck_assert_int_eq(sg_delta_put(d, SG_SONG, &bad, &e), SG_EINVAL);
    bad.title = (struct sg_str){NULL, 0};
    ck_assert_int_eq(sg_delta_put(d, SG_SONG, &bad, &e), SG_EINVAL);
    live_put_song(d, (struct live_song){.id = 921, .artist = 1, .title = "Wholesome"});
    commit();
    ck_assert(live_finds_only(s, SG_SONG, "wholesome", 921));
}
END_TEST

START_TEST(a_second_writer_is_told_that_it_is_busy)
{
    struct sg_delta *other;
    ck_assert_int_eq(sg_delta_open(&other, gen, &e), SG_EBUSY);
}
END_TEST

START_TEST(notes_and_genres_are_part_of_the_batch)
{
    struct sg_arena a = {0};
    struct sg_str value;
    struct sg_list genres;
    struct sg_genre genre;
    ck_assert_int_eq(sg_delta_note_put(d, SG_STR("k"), SG_STR("v"), &e), 0);
    ck_assert_int_eq(sg_delta_put_genre(d, &(struct sg_genre){9, SG_STR("Polka")}, &e), 0);
    ck_assert_int_eq(sg_delta_remove_genre(d, 2, &e), 0);
    commit();
    ck_assert_int_eq(sg_delta_note_get(d, SG_STR("k"), &a, &value, &e), 0);
    ck_assert(sg_str_eq(value, SG_STR("v")));
    ck_assert_int_eq(sg_delta_note_put(d, SG_STR("k"), SG_STR_NONE, &e), 0);
    ck_assert_int_eq(sg_delta_note_get(d, SG_STR("k"), &a, &value, &e), SG_ENOENT);
    sg_delta_rollback(d);
    ck_assert_int_eq(sg_delta_note_get(d, SG_STR("k"), &a, &value, &e), 0);
    ck_assert_int_eq(sg_delta_note_put(d, SG_STR_NONE, SG_STR("v"), &e), SG_EINVAL);
    ck_assert_int_eq(sg_searcher_genre(s, 9, &a, &genre, &e), 0);
    ck_assert(sg_str_eq(genre.name, SG_STR("Polka")));
    ck_assert_int_eq(sg_searcher_genre(s, 2, &a, &genre, &e), SG_ENOENT);
    ck_assert_int_eq(sg_searcher_genres(s, &a, &genres, &e), 0);
    ck_assert_uint_eq(genres.n, 3);
    sg_arena_free(&a);
}
END_TEST

struct removing {
    size_t seen;
    uint64_t last;
};

static int remove_each(void *ctx, enum sg_kind kind, uint64_t id)
{
    struct removing *r = ctx;
    ck_assert_uint_gt(id, r->last);
    r->last = id;
    r->seen++;
    return sg_delta_remove(d, kind, id, &e);
}

START_TEST(everything_of_a_kind_can_be_removed_while_walking_it)
{
    struct removing r = {0};
    live_put_song(d, (struct live_song){.id = 500, .artist = 1, .title = "Last"});
    ck_assert_int_eq(sg_delta_remove(d, SG_SONG, 3, &e), 0);
    ck_assert_int_eq(sg_delta_each(d, SG_SONG, remove_each, &r, &e), 0);
    ck_assert_uint_eq(r.seen, SONGS);
    commit();
    ck_assert_uint_eq(sg_searcher_count(s, SG_SONG), 0);
    check_whole();
}
END_TEST

/* Two ways to one state: in many small batches with reopening, and all at once. */
START_TEST(the_state_depends_on_the_changes_and_not_on_the_batches)
{
    char why[256];
    char *stepwise, *at_once;
    uint64_t i = 0, reopen_at = 50;
    while (i < CHANGES) {
        live_change(d, i++);
        if (i % 37 == 5)
            ck_assert_int_eq(sg_delta_commit(d, i, i, &e), 0);
        if (i == reopen_at) {
            sg_delta_close(d);
            ck_assert_int_eq(sg_delta_open(&d, gen, &e), 0);
            i = sg_delta_sequence(d);
            reopen_at += 301;
        }
    }
    commit();
    stepwise = live_dump(s, why);
    ck_assert_msg(stepwise != NULL, "%s", why);
    sg_delta_close(d);
    live_build(dir, "gen-2", SONGS, 2);
    snprintf(gen, sizeof gen, "%s/gen-2", dir);
    ck_assert_int_eq(sg_delta_open(&d, gen, &e), 0);
    for (i = 0; i < CHANGES; i++)
        live_change(d, i);
    ck_assert_int_eq(sg_delta_commit(d, 1, 1, &e), 0);
    ck_assert_int_eq(sg_current_publish(dir, "gen-2", &e), 0);
    sg_searcher_end(s);
    sg_searcher_close(s);
    sg_index_close(x);
    ck_assert_int_eq(sg_index_open(&x, &(struct sg_index_options){.dir = dir}, &e), 0);
    ck_assert_int_eq(sg_searcher_open(&s, x, &e), 0);
    ck_assert_int_eq(sg_searcher_begin(s, &e), 0);
    at_once = live_dump(s, why);
    ck_assert_msg(at_once != NULL, "%s", why);
    ck_assert_str_eq(stepwise, at_once);
    free(stepwise);
    free(at_once);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("delta");
    TCase *t = tcase_create("delta");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_new_song_is_found_after_commit_and_not_before);
    tcase_add_test(t, a_changed_song_is_found_by_its_new_words_only);
    tcase_add_test(t, rename_of_an_artist_reaches_her_songs);
    tcase_add_test(t, a_rename_that_reaches_thousands_is_one_commit);
    tcase_add_test(t, retitling_an_album_reaches_its_songs);
    tcase_add_test(t, an_artist_that_comes_after_her_songs_names_them);
    tcase_add_test(t, a_removed_song_is_gone_and_can_come_back);
    tcase_add_test(t, a_song_that_came_and_went_leaves_nothing);
    tcase_add_test(t, a_play_count_moves_without_a_new_document);
    tcase_add_test(t, a_put_that_only_plays_does_not_document);
    tcase_add_test(t, a_playlist_made_private_disappears);
    tcase_add_test(t, delta_documents_come_best_first);
    tcase_add_test(t, a_rolled_back_batch_leaves_no_trace);
    tcase_add_test(t, a_record_that_breaks_its_bounds_is_refused_and_the_batch_lives);
    tcase_add_test(t, a_second_writer_is_told_that_it_is_busy);
    tcase_add_test(t, notes_and_genres_are_part_of_the_batch);
    tcase_add_test(t, everything_of_a_kind_can_be_removed_while_walking_it);
    tcase_add_test(t, the_state_depends_on_the_changes_and_not_on_the_batches);
    suite_add_tcase(suite, t);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
