/* test_playlist_edit.c - operations on a list in memory, beside a plain list that does the same;
 * and how sure matches are. */
#include "api/playlists/edit.h"
#include "api/playlists/imports.h"
#include "api/playlists/match.h"
#include "api/playlists/position.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_error err;
static struct sg_edit edit;
static uint64_t ids[2000];

static int nobody_knows(void *ctx, uint64_t item_id, struct sg_str *position, struct sg_error *e)
{
    (void)ctx, (void)item_id, (void)position, (void)e;
    return SG_ENOENT;
}

/* n songs, item and song ids from 1. */
static void begin(size_t n, const char *const *positions)
{
    struct sg_listed items[64] = {0};
    struct sg_str keys[64];
    ck_assert(sg_positions_spread(SG_STR(""), SG_STR_NONE, n, &arena, keys));
    for (size_t i = 0; i < n; i++)
        items[i] = (struct sg_listed){.item_id = i + 1,
                                      .song_id = i + 1,
                                      .position = positions ? sg_str(positions[i]) : keys[i]};
    for (size_t i = 0; i < 2000; i++)
        ids[i] = 1000 + i;
    err = (struct sg_error)SG_ERROR_INIT;
    edit = (struct sg_edit){
        .arena = &arena, .ids = ids, .n_ids = 2000, .gone = nobody_knows, .added_by = 7};
    ck_assert_int_eq(sg_edit_begin(&edit, items, n, 1500, &err), 0);
}

static int apply(const char *json)
{
    struct sg_playlist_operation o;
    ck_assert_int_eq(
        sg_record_from_json(&sg_playlist_operation_record, sg_str(json), &arena, &o, &err), 0);
    return sg_edit_apply(&edit, &o, &err);
}

static void expect(const char *songs)
{
    struct sg_buf b = {0};
    for (size_t i = 0; i < edit.n; i++) {
        sg_buf_printf(&b, "%s%llu", i ? " " : "", (unsigned long long)edit.v[i].song_id);
        ck_assert(sg_position_valid(edit.v[i].position));
        ck_assert(!i || sg_str_cmp(edit.v[i - 1].position, edit.v[i].position) < 0);
    }
    sg_buf_put(&b, "", 1);
    ck_assert_str_eq(b.p, songs);
    sg_buf_free(&b);
}

START_TEST(operations_do_what_they_say)
{
    begin(5, NULL);
    ck_assert_int_eq(apply("{\"op\":\"add\",\"song_ids\":[10,11],\"after_item_id\":2}"), 0);
    expect("1 2 10 11 3 4 5");
    ck_assert_int_eq(apply("{\"op\":\"move\",\"item_ids\":[5,1],\"before_item_id\":1000}"), 0);
    expect("2 5 1 10 11 3 4");
    ck_assert_int_eq(apply("{\"op\":\"move\",\"item_ids\":[2],\"index\":99}"), 0);
    ck_assert_int_eq(apply("{\"op\":\"remove\",\"item_ids\":[3,77],\"song_ids\":[11]}"), 0);
    expect("5 1 10 4 2");
    ck_assert_uint_eq(edit.n_removed, 1); /* 11 came and went within the request */
    ck_assert_uint_eq(edit.n_missing, 1);
    ck_assert_int_eq(apply("{\"op\":\"add\",\"song_ids\":[3],\"before_item_id\":3}"), 0);
    expect("5 1 10 3 4 2");
    ck_assert_int_eq(apply("{\"op\":\"add\",\"song_ids\":[9],\"after_item_id\":77}"), SG_ECONFLICT);
}
END_TEST

START_TEST(keys_that_are_none_of_ours_are_made_anew)
{
    static const char *const odd[] = {"-", "a0", "a0 ", "b b"};
    begin(4, odd);
    expect("1 2 3 4");
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(edit.v[i].state, SG_LISTED_MOVED);
}
END_TEST

START_TEST(a_worn_place_is_spread_and_only_what_lies_around_it)
{
    begin(2, NULL);
    for (int i = 0; i < 1000; i++) /* always between the last two */
        ck_assert_int_eq(apply(i % 2 ? "{\"op\":\"add\",\"song_ids\":[5],\"index\":1}"
                                     : "{\"op\":\"move\",\"item_ids\":[2],\"index\":1}"),
                         0);
    size_t longest = 0;
    for (size_t i = 0; i < edit.n; i++)
        longest = edit.v[i].position.n > longest ? edit.v[i].position.n : longest;
    ck_assert_uint_le(longest, SG_POSITION_LONG);
}
END_TEST

START_TEST(random_operations_agree_with_a_plain_list)
{
    uint64_t plain[4000], seed = 3;
    size_t n = 20;
    begin(20, NULL);
    for (size_t i = 0; i < n; i++)
        plain[i] = i + 1;
    for (int k = 0; k < 2000; k++) {
        char json[200];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t from = (seed >> 33) % n, to = (seed >> 45) % n;
        if (k % 3 == 0 && edit.ids_used < 1400) {
            snprintf(json, sizeof json, "{\"op\":\"add\",\"song_ids\":[1],\"index\":%zu}", to);
            uint64_t id = ids[edit.ids_used];
            memmove(plain + to + 1, plain + to, (n - to) * sizeof *plain);
            plain[to] = id;
            n++;
        } else if (k % 3 == 1 && n > 10) {
            snprintf(json, sizeof json, "{\"op\":\"remove\",\"item_ids\":[%llu]}",
                     (unsigned long long)plain[from]);
            memmove(plain + from, plain + from + 1, (n - from - 1) * sizeof *plain);
            n--;
        } else {
            uint64_t id = plain[from];
            snprintf(json, sizeof json, "{\"op\":\"move\",\"item_ids\":[%llu],\"index\":%zu}",
                     (unsigned long long)id, to);
            memmove(plain + from, plain + from + 1, (n - from - 1) * sizeof *plain);
            memmove(plain + to + 1, plain + to, (n - 1 - to) * sizeof *plain);
            plain[to] = id;
        }
        ck_assert_int_eq(apply(json), 0);
        ck_assert_uint_eq(edit.n, n);
    }
    for (size_t i = 0; i < n; i++) {
        ck_assert_uint_eq(edit.v[i].item_id, plain[i]);
        ck_assert(!i || sg_str_cmp(edit.v[i - 1].position, edit.v[i].position) < 0);
    }
}
END_TEST

static double sure(const char *title, const char *artist, int64_t duration_s)
{
    struct sg_artist_ref queen = {1, SG_STR("Queen")};
    struct sg_hit song = {.song_id = 1,
                          .title = SG_STR("Bohemian Rhapsody"),
                          .artist = &queen,
                          .artists = {&queen, 1},
                          .duration = 354};
    struct sg_sheet_entry entry = {
        .title = sg_str(title), .artist = sg_str(artist), .duration_s = duration_s};
    return sg_match_confidence(&entry, &song);
}

START_TEST(matches_are_as_sure_as_they_look)
{
    ck_assert_double_ge(sure("Bohemian Rhapsody", "Queen", 354), 0.999);
    ck_assert_double_ge(sure("bohemian rhapsody - Remastered 2011", "QUEEN", 355), 0.9);
    ck_assert_double_ge(sure("Bohemian Rhapsody (Live)", "Queen", 0), SG_MATCH_ENOUGH);
    ck_assert_double_eq(sure("Bohemian Rhapsody", "", 0), 0.8);
    ck_assert_double_lt(sure("Bohemian Rhapsody", "The Muppets", 250), SG_MATCH_ENOUGH);
    ck_assert_double_lt(sure("Radio Ga Ga", "Queen", 354), SG_MATCH_ENOUGH);
    ck_assert_double_lt(sure("", "", 0), SG_MATCH_ENOUGH);
}
END_TEST

START_TEST(nobody_imports_twice_at_once_nor_all_workers_together)
{
    ck_assert_int_eq(playlist_import_begin(1, 16, &err), 0);
    ck_assert_int_eq(playlist_import_begin(1, 16, &err), SG_ERATE);
    for (uint64_t user = 2; user <= 4; user++)
        ck_assert_int_eq(playlist_import_begin(user, 16, &err), 0);
    ck_assert_int_eq(playlist_import_begin(5, 16, &err), SG_EBUSY);
    playlist_import_end(5); /* did not begin */
    ck_assert_int_eq(playlist_import_begin(5, 16, &err), SG_EBUSY);
    playlist_import_end(1);
    ck_assert_int_eq(playlist_import_begin(5, 16, &err), 0);
    for (uint64_t user = 2; user <= 5; user++)
        playlist_import_end(user);
    ck_assert_int_eq(playlist_import_begin(1, 1, &err), 0); /* one at least */
    ck_assert_int_eq(playlist_import_begin(2, 1, &err), SG_EBUSY);
    playlist_import_end(1);
}
END_TEST

static void teardown(void)
{
    sg_arena_free(&arena);
}

int main(void)
{
    Suite *suite = suite_create("playlist_edit");
    TCase *t = tcase_create("playlist_edit");
    tcase_add_checked_fixture(t, NULL, teardown);
    tcase_add_test(t, operations_do_what_they_say);
    tcase_add_test(t, keys_that_are_none_of_ours_are_made_anew);
    tcase_add_test(t, a_worn_place_is_spread_and_only_what_lies_around_it);
    tcase_add_test(t, random_operations_agree_with_a_plain_list);
    tcase_add_test(t, matches_are_as_sure_as_they_look);
    tcase_add_test(t, nobody_imports_twice_at_once_nor_all_workers_together);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
