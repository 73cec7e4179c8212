/* songs.c - songs put on a playlist, moved and taken off: places, duplicates, bounds. */
#include "tests/integration/playlists/playlists.h"

START_TEST(songs_are_added_removed_and_moved)
{
    json_int_t id = make(OWNER, "{\"name\":\"P\"}");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":1}"), 200);
    ck_assert_int_eq(number("snapshot_id"), 1);
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_ids\":[2,3,4]}"), 200);
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":5,\"index\":0}"), 200);
    ck_assert_str_eq(songs_of(OWNER, id), "5 1 2 3 4");
    json_int_t two = item_at(OWNER, id, 2), four = item_at(OWNER, id, 4);
    EXPECT(POST(OWNER, path_of(id, "/changes"),
                format("{\"snapshot_id\":3,\"operations\":[{\"op\":\"move\",\"item_ids\":[%lld],"
                       "\"before_item_id\":%lld},{\"op\":\"remove\",\"song_ids\":[5]},{\"op\":"
                       "\"add\",\"song_ids\":[6],\"after_item_id\":%lld}]}",
                       (long long)four, (long long)two, (long long)four)),
           200);
    ck_assert_int_eq(number("snapshot_id"), 4);
    ck_assert_int_eq(number("song_count"), 5);
    ck_assert_str_eq(songs_of(OWNER, id), "1 4 6 2 3");
    EXPECT(DELETE(OWNER, path_of(id, "/songs/2")), 200);
    EXPECT(DELETE(OWNER, path_of(id, "/songs/2")), 200);
    ck_assert_int_eq(number("snapshot_id"), 5);
    /* A place beside what is gone is where it was. */
    EXPECT(POST(OWNER, path_of(id, "/songs"),
                format("{\"song_id\":7,\"after_item_id\":%lld}", (long long)two)),
           200);
    ck_assert_str_eq(songs_of(OWNER, id), "1 4 6 7 3");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":7,\"after_item_id\":999999}"), 409);
    ck_assert_str_eq(text("code"), "stale-list");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":7,\"snapshot_id\":999}"), 400);
    ck_assert_str_eq(text("field"), "snapshot_id");
}
END_TEST

START_TEST(an_operation_sent_twice_is_done_once)
{
    json_int_t id = make(OWNER, "{\"name\":\"P\"}");
    const char *body = "{\"song_ids\":[1,2],\"operation_id\":\"a-1\"}";
    EXPECT(POST(OWNER, path_of(id, "/songs"), body), 200);
    json_t *first = json_incref(answer);
    EXPECT(POST(OWNER, path_of(id, "/songs"), body), 200);
    ck_assert(json_equal(first, answer));
    json_decref(first);
    ck_assert_str_eq(songs_of(OWNER, id), "1 2");
}
END_TEST

START_TEST(duplicates_are_added_skipped_refused_and_listed)
{
    json_int_t id = make(OWNER, "{\"name\":\"P\",\"song_ids\":[1,2,1]}");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_ids\":[2,3,3],\"on_duplicate\":\"skip\"}"),
           200);
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "skipped")), 2);
    ck_assert_str_eq(songs_of(OWNER, id), "1 2 1 3");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_ids\":[4,3],\"on_duplicate\":\"refuse\"}"),
           409);
    ck_assert_str_eq(text("code"), "song-in-playlist");
    ck_assert_str_eq(songs_of(OWNER, id), "1 2 1 3");
    EXPECT(GET(OWNER, path_of(id, "/duplicates")), 200);
    json_t *list = json_object_get(answer, "duplicates");
    ck_assert_uint_eq(json_array_size(list), 1);
    json_t *items = json_object_get(json_array_get(list, 0), "item_ids");
    ck_assert_uint_eq(json_array_size(items), 2);
    json_int_t second = json_integer_value(json_array_get(items, 1));
    EXPECT(DELETE(OWNER, path_of(id, format("/songs/1?item_id=%lld", (long long)second))), 200);
    ck_assert_str_eq(songs_of(OWNER, id), "1 2 3");
}
END_TEST

START_TEST(ten_thousand_songs_are_the_most_and_are_paged)
{
    json_int_t id = make(OWNER, "{\"name\":\"Big\"}");
    test_pg_sql(db,
                "INSERT INTO playlist_songs (user_id, playlist_id, position, song_id, item_id) "
                "SELECT 1, %lld, lpad(i::text, 6, '0') || 'V', 1 + i %% 20, NULL FROM "
                "generate_series(1, 9999) i",
                (long long)id);
    EXPECT(GET(OWNER, path_of(id, "?limit=100")), 200);
    ck_assert_int_eq(number("song_count"), 9999);
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM playlist_songs WHERE item_id IS NULL"),
                     "0");
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_ids\":[1,2]}"), 400);
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":1,\"index\":5000}"), 200);
    EXPECT(POST(OWNER, path_of(id, "/songs"), "{\"song_id\":1}"), 400);
    ck_assert_str_eq(text("code"), "over-limit");
}
END_TEST

START_TEST(hostile_places_are_spread_anew_and_nothing_is_lost)
{
    json_int_t id = make(OWNER, "{\"name\":\"Worn\",\"song_ids\":[1,2]}"), low, high;
    low = item_at(OWNER, id, 0);
    high = item_at(OWNER, id, 1);
    for (int i = 0; i < 60; i++) { /* always between the last two */
        EXPECT(POST(OWNER, path_of(id, "/songs"),
                    format("{\"song_id\":%d,\"%s\":%lld}", 3 + i % 10,
                           i % 2 ? "before_item_id" : "after_item_id",
                           (long long)(i % 2 ? high : low))),
               200);
        json_t *items = json_object_get(answer, "items"), *item;
        size_t k;
        json_int_t newest = 0;
        json_array_foreach(items, k,
                           item) if (json_integer_value(json_object_get(item, "item_id")) > newest)
            newest = json_integer_value(json_object_get(item, "item_id"));
        if (i % 2)
            low = newest;
        else
            high = newest;
    }
    ck_assert_str_eq(test_pg_sql(db,
                                 "SELECT count(*) || ' ' || (max(length(position)) <= 64) FROM "
                                 "playlist_songs WHERE playlist_id = %lld",
                                 (long long)id),
                     "62 true");
}
END_TEST

TCase *songs_tests(void)
{
    TCase *t = playlist_tests("songs");
    tcase_add_test(t, songs_are_added_removed_and_moved);
    tcase_add_test(t, an_operation_sent_twice_is_done_once);
    tcase_add_test(t, duplicates_are_added_skipped_refused_and_listed);
    tcase_add_test(t, ten_thousand_songs_are_the_most_and_are_paged);
    tcase_add_test(t, hostile_places_are_spread_anew_and_nothing_is_lost);
    return t;
}
