/* test_plays.c - words of players as events, their merging, submissions of listens. */
#include "api/plays/parts.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define NOW_US 1795961106000000

static struct sg_arena arena;
static struct sg_error e;

static struct sg_play_event word(const char *id, bool begins, int64_t told, int64_t played,
                                 enum sg_play_outcome outcome)
{
    static unsigned char ids[32][16];
    static int next;
    struct sg_play_word w = {.event_id = sg_str(id), .played_s = played, .position_s = -1};
    struct sg_play_event x;
    ck_assert_int_eq(plays_word(&w, 7, 70, outcome, begins, told, 14, ids[next++ % 32], &x, &e), 0);
    return x;
}

static const struct sg_play_event *merge(const struct sg_play_event *v, const int *order, size_t n)
{
    static struct merged m;
    ck_assert_int_eq(merge_alloc(&m, n, &arena, &e), 0);
    merge_begin(&m, n);
    for (size_t i = 0; i < n; i++)
        merge_add(&m, &v[order[i]]);
    ck_assert_uint_eq(m.n, 1);
    return m.v[0];
}

START_TEST(words_merge_alike_in_every_order)
{
    static const char id[] = "0191f1a0-0000-7000-8000-000000000001";
    struct sg_play_event v[] = {word(id, true, NOW_US, -1, SG_PLAY_UNTOLD),
                                word(id, false, NOW_US + 30000000, 28, SG_PLAY_UNTOLD),
                                word(id, false, NOW_US + 90000000, 85, SG_PLAY_SKIPPED),
                                word(id, false, NOW_US + 95000000, 90, SG_PLAY_COMPLETED)};
    v[0].source = SG_STR("radio");
    v[1].source = SG_STR("app");
    v[1].position_s = 28;
    v[2].position_s = 86;
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++)
            for (int c = 0; c < 4; c++) {
                int order[] = {a, b, c, 6 - a - b - c};
                if (a == b || a == c || b == c)
                    continue;
                const struct sg_play_event *x = merge(v, order, 4);
                ck_assert_int_eq(x->at_us, NOW_US);
                ck_assert(x->begun);
                ck_assert_int_eq(x->told_us, NOW_US + 95000000);
                ck_assert_int_eq(x->played_s, 90);
                ck_assert_int_eq(x->position_s, 86);
                ck_assert_uint_eq(x->outcome, SG_PLAY_COMPLETED);
                ck_assert(sg_str_eq(x->source, SG_STR("radio")));
            }
}
END_TEST

START_TEST(plays_of_one_batch_are_told_apart)
{
    struct merged m;
    struct sg_play_event v[] = {
        word("0191f1a0-0000-7000-8000-000000000001", true, NOW_US, 1, SG_PLAY_UNTOLD),
        word("0191f1a0-0000-7000-8000-000000000001", true, NOW_US, 2, SG_PLAY_UNTOLD),
        word("0191f1a0-0000-7000-8000-000000000002", true, NOW_US, 3, SG_PLAY_UNTOLD),
        word("0191f1a0-0000-7000-8000-000000000001", true, NOW_US, 4, SG_PLAY_UNTOLD)};
    v[1].user_id = 8; /* somebody else's of the same id */
    v[3].song_id = 71;
    ck_assert_int_eq(merge_alloc(&m, 4, &arena, &e), 0);
    merge_begin(&m, 4);
    for (int i = 0; i < 4; i++)
        merge_add(&m, &v[i]);
    ck_assert_uint_eq(m.n, 3);
    ck_assert_int_eq(m.v[0]->played_s, 1); /* of another song under this id nothing is believed */
}
END_TEST

START_TEST(times_are_clamped_or_refused)
{
    unsigned char id[16];
    struct sg_play_event x;
    struct sg_play_word w = {
        .played_at = SG_STR("2026-11-29T15:05:06Z"), .played_s = -1, .position_s = -1};
    ck_assert_int_eq(plays_word(&w, 1, 1, SG_PLAY_UNTOLD, true, NOW_US, 14, id, &x, &e), 0);
    ck_assert_int_eq(x.at_us, NOW_US);
    w.played_at = SG_STR("2026-11-15T14:05:06Z");
    ck_assert_int_eq(plays_word(&w, 1, 1, SG_PLAY_UNTOLD, true, NOW_US, 14, id, &x, &e), 0);
    ck_assert_int_eq(x.at_us, NOW_US - 14 * DAY_US);
    w.played_at = SG_STR("2026-11-15T14:05:05Z");
    ck_assert_int_eq(plays_word(&w, 1, 1, SG_PLAY_UNTOLD, true, NOW_US, 14, id, &x, &e), SG_EINVAL);
    ck_assert_str_eq(e.field, "played_at");
    /* Told in the middle: it began as long ago as was heard. */
    w = (struct sg_play_word){.event_id = SG_STR("0191f1a0-0000-7000-8000-000000000001"),
                              .played_s = 60,
                              .position_s = 90};
    ck_assert_int_eq(plays_word(&w, 1, 1, SG_PLAY_UNTOLD, false, NOW_US, 14, id, &x, &e), 0);
    ck_assert_int_eq(x.at_us, NOW_US - 60000000);
    ck_assert(!x.begun);
}
END_TEST

static int parse(const char *json, struct sg_list *out, bool *playing)
{
    return listens_parse(sg_str(json), NOW_US, &arena, out, playing, &e);
}

START_TEST(submissions_are_read_as_players_write_them)
{
    struct sg_list out;
    bool playing;
    ck_assert_int_eq(
        parse("{\"listen_type\":\"import\",\"payload\":[{\"listened_at\":\"1700000000\","
              "\"track_metadata\":{\"artist_name\":\" A \",\"track_name\":\"B\",\"x\":[{}],"
              "\"additional_info\":{\"duration\":\"200\",\"song_id\":7,\"isrc\":[1],"
              "\"media_player\":\"p\"}}},{\"listened_at\":1700000001,\"track_metadata\":"
              "{\"artist_name\":\"C\",\"track_name\":\"D\",\"additional_info\":null}}]}",
              &out, &playing),
        0);
    const struct sg_listen *v = out.v;
    ck_assert(!playing);
    ck_assert_uint_eq(out.n, 2);
    ck_assert(sg_str_eq(v[0].artist, SG_STR("A")));
    ck_assert_int_eq(v[0].at_us, 1700000000000000);
    ck_assert_int_eq(v[0].duration_s, 200);
    ck_assert_uint_eq(v[0].song_id, 7);
    ck_assert_ptr_null(v[0].isrc.p);
    ck_assert(sg_str_eq(v[0].player, SG_STR("p")));
}
END_TEST

START_TEST(long_names_are_cut_at_a_whole_character)
{
    static char json[8000];
    struct sg_list out;
    bool playing;
    int n = snprintf(json, sizeof json,
                     "{\"listen_type\":\"playing_now\",\"payload\":[{\"track_metadata\":"
                     "{\"artist_name\":\"x");
    for (int i = 0; i < 1000; i++)
        n += snprintf(json + n, sizeof json - (size_t)n, "\xc3\xa5");
    snprintf(json + n, sizeof json - (size_t)n, "\",\"track_name\":\"B\"}}]}");
    ck_assert_int_eq(parse(json, &out, &playing), 0);
    const struct sg_listen *v = out.v;
    ck_assert(playing);
    ck_assert_uint_eq(v[0].artist.n, 999);
    ck_assert(sg_str_is_utf8(v[0].artist));
}
END_TEST

START_TEST(the_same_listen_has_the_same_key_and_no_other)
{
    unsigned char a[16], b[16];
    struct sg_listen l = {.at_us = 5, .artist = SG_STR("ab"), .track = SG_STR("c")};
    listen_key(&l, a);
    l.player = SG_STR("another");
    listen_key(&l, b);
    ck_assert_mem_eq(a, b, 16);
    l.artist = SG_STR("a");
    l.track = SG_STR("bc");
    listen_key(&l, b);
    ck_assert_mem_ne(a, b, 16);
    l = (struct sg_listen){.at_us = 6, .artist = SG_STR("ab"), .track = SG_STR("c")};
    listen_key(&l, b);
    ck_assert_mem_ne(a, b, 16);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("plays");
    TCase *t = tcase_create("plays");
    tcase_add_test(t, words_merge_alike_in_every_order);
    tcase_add_test(t, plays_of_one_batch_are_told_apart);
    tcase_add_test(t, times_are_clamped_or_refused);
    tcase_add_test(t, submissions_are_read_as_players_write_them);
    tcase_add_test(t, long_names_are_cut_at_a_whole_character);
    tcase_add_test(t, the_same_listen_has_the_same_key_and_no_other);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    sg_arena_free(&arena);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
