/* smart.c - playlists that are made of rules. */
#include "tests/integration/playlists/playlists.h"
#include <string.h>

START_TEST(a_smart_playlist_holds_what_its_rules_say_of_its_owner)
{
    test_pg_sql(db, "INSERT INTO feedback (user_id, target_kind, target_id, verdict) VALUES (1, "
                    "'song', 4, 'like'), (1, 'song', 7, 'like'), (4, 'song', 9, 'like')");
    test_pg_sql(db,
                "INSERT INTO listening_history (user_id, song_id, played_at) SELECT 1, s, now() "
                "- make_interval(days => s) FROM generate_series(3, 6) s, generate_series(1, 2)");
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at) SELECT 4, 12, "
                    "now() FROM generate_series(1, 5)");
    test_pg_sql(db, "INSERT INTO listening_history (user_id, song_id, played_at, played_s, "
                    "outcome) SELECT 1, s, now(), 2, CASE WHEN s > 8 THEN 'skipped' END FROM "
                    "generate_series(8, 9) s, generate_series(1, 2)"); /* hardly heard */
    json_int_t liked = make(OWNER, "{\"name\":\"Liked\",\"is_public\":true,\"rules\":{\"all\":[{"
                                   "\"field\":\"liked\",\"op\":\"yes\"}]}}");
    ck_assert_str_eq(songs_of(OWNER, liked), "4 7");
    ck_assert_str_eq(songs_of(STRANGER, liked), "4 7");
    EXPECT(GET(STRANGER, path_of(liked, "")), 200);
    ck_assert(!strstr(said, "rules") && json_is_true(json_object_get(answer, "is_smart")));
    json_int_t heard = make(
        OWNER, "{\"name\":\"Heard\",\"rules\":{\"all\":[{\"field\":\"plays\",\"op\":"
               "\"at_least\",\"number\":2},{\"any\":[{\"field\":\"last_heard\",\"op\":"
               "\"within_days\",\"number\":4},{\"field\":\"year\",\"op\":\"at_least\",\"number\":"
               "1986}]}],\"sort\":\"last_heard\"}}");
    ck_assert_str_eq(songs_of(OWNER, heard), "3 6");
    json_int_t other = make(
        OWNER, "{\"name\":\"O\",\"rules\":{\"all\":[{\"field\":\"genre\",\"op\":\"is\",\"text\":"
               "\"rock\"},{\"field\":\"artist\",\"op\":\"is\",\"number\":1},{\"field\":"
               "\"duration\",\"op\":\"at_most\",\"number\":210},{\"field\":\"title\",\"op\":"
               "\"contains\",\"text\":\"SONG\"},{\"field\":\"explicit\",\"op\":\"no\"},{\"field\":"
               "\"genre\",\"op\":\"is_not\",\"text\":\"'; DROP TABLE users; --\"}],\"sort\":"
               "\"newest\",\"limit\":3}}");
    ck_assert_str_eq(songs_of(OWNER, other), "10 8 6");
    EXPECT(POST(OWNER, path_of(other, "/songs"), "{\"song_id\":1}"), 409);
    ck_assert_str_eq(text("code"), "smart-playlist");
    EXPECT(PATCH(OWNER, path_of(other, ""),
                 "{\"rules\":{\"any\":[{\"field\":\"plays\",\"op\":\"is\","
                 "\"number\":2}]}}"),
           200);
    ck_assert_str_eq(songs_of(OWNER, other), "3 4 5 6");
    EXPECT(PATCH(OWNER, path_of(other, ""),
                 "{\"rules\":{\"any\":[{\"field\":\"email\",\"op\":\"is\","
                 "\"text\":\"u1\"}]}}"),
           400);
    EXPECT(PATCH(OWNER, path_of(other, ""), "{\"rules\":null}"), 409);
    EXPECT(GET(OWNER, path_of(other, "/export.jspf")), 200);
    ck_assert(strstr(said, "segue:song:3"));
}
END_TEST

/* Every field, operator and order is SQL that PostgreSQL takes. */
START_TEST(every_condition_and_order_runs)
{
    static const char *const conditions[] = {
        "\"genre\",\"op\":\"is\",\"text\":\"x\"",
        "\"genre\",\"op\":\"is_not\",\"text\":\"x\"",
        "\"artist\",\"op\":\"is\",\"number\":1",
        "\"artist\",\"op\":\"is_not\",\"number\":9223372036854775807",
        "\"year\",\"op\":\"is\",\"number\":9999",
        "\"year\",\"op\":\"at_least\",\"number\":1",
        "\"year\",\"op\":\"at_most\",\"number\":9999",
        "\"duration\",\"op\":\"at_least\",\"number\":0",
        "\"duration\",\"op\":\"at_most\",\"number\":2147483647",
        "\"explicit\",\"op\":\"yes\"",
        "\"explicit\",\"op\":\"no\"",
        "\"title\",\"op\":\"contains\",\"text\":\"%_\\\\\"",
        "\"added\",\"op\":\"within_days\",\"number\":36500",
        "\"added\",\"op\":\"not_within_days\",\"number\":0",
        "\"plays\",\"op\":\"is\",\"number\":0",
        "\"plays\",\"op\":\"at_least\",\"number\":2147483647",
        "\"plays\",\"op\":\"at_most\",\"number\":1",
        "\"last_heard\",\"op\":\"within_days\",\"number\":36500",
        "\"last_heard\",\"op\":\"not_within_days\",\"number\":36500",
        "\"liked\",\"op\":\"yes\"",
        "\"liked\",\"op\":\"no\"",
    };
    static const char *const sorts[] = {"popular", "newest",      "oldest",     "title",
                                        "added",   "most_played", "last_heard", "least_heard"};
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        json_int_t id = make(OWNER, format("{\"name\":\"R\",\"rules\":{\"any\":[{\"field\":%s}],"
                                           "\"sort\":\"%s\"}}",
                                           conditions[i], sorts[i % 8]));
        EXPECT(GET(OWNER, path_of(id, "")), 200);
    }
}
END_TEST

TCase *smart_tests(void)
{
    TCase *t = playlist_tests("smart");
    tcase_add_test(t, a_smart_playlist_holds_what_its_rules_say_of_its_owner);
    tcase_add_test(t, every_condition_and_order_runs);
    return t;
}
