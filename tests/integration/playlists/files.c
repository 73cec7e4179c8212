/* files.c - playlists as files, both ways. */
#include "tests/integration/playlists/playlists.h"
#include <stdlib.h>
#include <string.h>

START_TEST(files_go_out_and_come_in_again)
{
    static const char *const kinds[] = {"m3u8", "xspf", "jspf"};
    json_int_t id = make(OWNER, "{\"name\":\"A & <B> \\\"C\\\"\",\"song_ids\":[5,3,5,9]}");
    for (size_t i = 0; i < 3; i++) {
        EXPECT(GET(OWNER, path_of(id, format("/export.%s", kinds[i]))), 200);
        ck_assert(strstr(said, "Content-Disposition: attachment"));
        char *file = strdup(strstr(said, "\r\n\r\n") + 4);
        EXPECT(POST(EDITOR, format("/api/v1/playlists/import/%s", kinds[i]), file), 201);
        free(file);
        ck_assert_int_eq(number("imported"), 4);
        ck_assert_str_eq(text("name"), "A & <B> \"C\"");
        ck_assert_uint_eq(json_array_size(json_object_get(answer, "unmatched")), 0);
        ck_assert_str_eq(songs_of(EDITOR, number("playlist_id")), "5 3 5 9");
        EXPECT(POST(EDITOR, format("/api/v1/playlists/import/%s", kinds[i]), "<"),
               i ? 400 : 503); /* any text is a line of M3U, to be searched: nobody answers */
    }
    test_pg_sql(db, "UPDATE songs SET isrc = 'GBUM71029604' WHERE song_id = 11");
    EXPECT(POST(OWNER, "/api/v1/playlists/import/jspf?name=Mine&is_public=true",
                "{\"playlist\":{\"track\":[{\"identifier\":\"isrc:gbum71029604\"}]}}"),
           201);
    ck_assert_str_eq(text("name"), "Mine");
    ck_assert_str_eq(songs_of(NOBODY, number("playlist_id")), "11");
    EXPECT(POST(NOBODY, "/api/v1/playlists/import/m3u8", "x"), 401);
    EXPECT(POST(OWNER, "/api/v1/playlists/import/m3u8",
                "#PLAYLIST:\xe2\x80\xae"
                "evil\nsegue:song:1"),
           201); /* a name that may not be */
    ck_assert_str_eq(text("name"), "Imported playlist");
}
END_TEST

/* The database refuses its second thousand. */
START_TEST(an_import_is_whole_or_nothing_is_left_of_it)
{
    static const char line[] = "segue:song:1\n";
    char *file = calloc(1500, sizeof line), *at = file;
    for (int i = 0; i < 1500; i++)
        at = stpcpy(at, line);
    json_int_t before = strtoll(test_pg_sql(db, "SELECT count(*) FROM playlists"), NULL, 10);
    test_pg_sql(db, "CREATE FUNCTION too_many() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF "
                    "(SELECT count(*) FROM playlist_songs) > 1400 THEN RAISE EXCEPTION 'no'; END "
                    "IF; RETURN NULL; END $$");
    test_pg_sql(db, "DELETE FROM playlist_songs");
    test_pg_sql(db, "CREATE TRIGGER too_many AFTER INSERT ON playlist_songs FOR EACH STATEMENT "
                    "EXECUTE FUNCTION too_many()");
    EXPECT(POST(EDITOR, "/api/v1/playlists/import/m3u8", file), 500);
    ck_assert_int_eq(strtoll(test_pg_sql(db, "SELECT count(*) FROM playlists"), NULL, 10), before);
    test_pg_sql(db, "DROP TRIGGER too_many ON playlist_songs");
    EXPECT(POST(EDITOR, "/api/v1/playlists/import/m3u8", file), 201);
    ck_assert_int_eq(number("imported"), 1500);
    free(file);
}
END_TEST

TCase *files_tests(void)
{
    TCase *t = playlist_tests("files");
    tcase_add_test(t, files_go_out_and_come_in_again);
    tcase_add_test(t, an_import_is_whole_or_nothing_is_left_of_it);
    return t;
}
