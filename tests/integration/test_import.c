/* test_import.c - segue-data over a private PostgreSQL: the demo, the real
 * catalogues, twice, killed in the middle, and files that are hostile. */
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct test_pg *pg;
static PGconn *c;
static char datasets[512];
static const char *scratch;

#define TABLES                                                                                     \
    "TRUNCATE genres, artists, albums, songs, song_artists, users, playlists, playlist_songs,"     \
    " follows, listening_history, song_plays_daily, import_progress, import_keys"                  \
    " RESTART IDENTITY CASCADE"

static void connect_one(void)
{
    c = test_pg_connect(pg);
    test_pg_sql(c, TABLES);
}

static void close_one(void)
{
    PQfinish(c);
}

static pid_t start(const char *const *args)
{
    unlink(test_path(scratch, "out")); /* so that nobody reads what another has said */
    pid_t pid = fork();
    if (pid)
        return pid;
    int out = open(test_path(scratch, "out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(out, 1);
    dup2(out, 2);
    setenv("SEGUE_PG_DSN", pg->dsn, 1);
    execv(test_program("segue-data"), (char *const *)args);
    _exit(127);
}

#define START(...) start((const char *const[]){"segue-data", __VA_ARGS__, NULL})
#define RUN(...)   test_wait(START(__VA_ARGS__))

/* Asked again and again: with a path of its own, as test_path's are eight by turns. */
static const char *output(void)
{
    static char text[8192];
    char path[600];
    snprintf(path, sizeof path, "%s/out", scratch);
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = 0;
    if (f)
        fclose(f);
    return text;
}

#define MUST(...) ck_assert_msg(RUN(__VA_ARGS__) == 0, "%s", output())

static const char *set(const char *name)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", datasets, name);
    return path;
}

static long count(const char *what)
{
    return atol(test_pg_sql(c, "SELECT count(*) FROM %s", what));
}

/* Everything imported, without ids and times: what two ways must agree on. */
static void content(char out[40])
{
    strcpy(out,
           test_pg_sql(
               c, "SELECT md5(string_agg(t, '|' ORDER BY t COLLATE \"C\")) FROM ("
                  "SELECT concat_ws('~', 's', o.external_id, o.title, o.play_count, o.duration_s,"
                  " a.external_id, b.external_id) t FROM songs o JOIN artists a USING (artist_id)"
                  " LEFT JOIN albums b ON b.album_id = o.album_id UNION ALL "
                  "SELECT concat_ws('~', 'a', external_id, name) FROM artists UNION ALL "
                  "SELECT concat_ws('~', 'n', a.external_id, n.kind, n.alias, n.hint)"
                  " FROM aliases n LEFT JOIN artists a USING (artist_id) UNION ALL "
                  "SELECT concat_ws('~', 'b', b.external_id, b.title, a.external_id) FROM albums b"
                  " JOIN artists a USING (artist_id) UNION ALL "
                  "SELECT concat_ws('~', 'c', o.external_id, x.position, a.external_id, x.role)"
                  " FROM song_artists x JOIN songs o USING (song_id)"
                  " JOIN artists a ON a.artist_id = x.credited_artist_id UNION ALL "
                  "SELECT concat_ws('~', 'p', p.external_id, p.name, x.position, o.external_id)"
                  " FROM playlists p LEFT JOIN playlist_songs x USING (playlist_id)"
                  " LEFT JOIN songs o USING (song_id)) v"));
}

/* Changes with any row written, even by an update to the same values. */
static void versions(char out[40])
{
    strcpy(out, test_pg_sql(c, "SELECT md5(string_agg(x, ',' ORDER BY x)) FROM ("
                               "SELECT 's' || xmin || ctid x FROM songs UNION ALL "
                               "SELECT 'a' || xmin || ctid FROM artists UNION ALL "
                               "SELECT 'b' || xmin || ctid FROM albums UNION ALL "
                               "SELECT 'c' || xmin || ctid FROM song_artists UNION ALL "
                               "SELECT 'u' || xmin || ctid FROM users UNION ALL "
                               "SELECT 'f' || xmin || ctid FROM follows UNION ALL "
                               "SELECT 'p' || xmin || ctid FROM playlists UNION ALL "
                               "SELECT 'e' || xmin || ctid FROM playlist_songs) v"));
}

static bool have_datasets(void)
{
    return access(set("spotify-playlist-archive/tracks.tsv.gz"), R_OK) == 0;
}

START_TEST(real_catalogues_come_in_whole_and_again_change_nothing)
{
    char before[40], after[40];
    MUST("import", "playlist-archive", set("spotify-playlist-archive"));
    MUST("import", "billboard", set("billboard-hot-100"));
    MUST("import", "lastfm", set("lastfm-hetrec-2k"));
    ck_assert_int_eq(count("songs WHERE external_id LIKE 'archive:%'"), 63421);
    ck_assert_int_eq(count("artists WHERE external_id LIKE 'archive:%'"), 32646);
    ck_assert_int_eq(count("albums WHERE external_id LIKE 'archive:%'"), 56116);
    ck_assert_int_eq(count("playlists"), 250);
    ck_assert_int_eq(count("songs WHERE external_id LIKE 'billboard:%'"), 32654);
    ck_assert_int_eq(count("songs WHERE external_id LIKE 'billboard:%' AND release_date IS NULL"),
                     32654);
    ck_assert_int_eq(count("artists WHERE external_id LIKE 'lastfm:%'"), 17632);
    ck_assert_int_eq(count("users WHERE email LIKE 'lastfm-%'"), 1892);
    ck_assert_int_eq(count("follows"), 25434);
    ck_assert_int_gt(count("tags"), 100000);
    ck_assert_int_eq(count("song_artists WHERE position = 1 AND artist_id <> credited_artist_id"),
                     0);
    versions(before);
    MUST("import", "playlist-archive", set("spotify-playlist-archive"));
    MUST("import", "billboard", set("billboard-hot-100"));
    MUST("import", "lastfm", set("lastfm-hetrec-2k"));
    versions(after);
    ck_assert_str_eq(before, after);
}
END_TEST

/* Kills imports at moments spread over their run; what is left must complete. */
START_TEST(an_import_killed_and_run_again_ends_the_same)
{
    char want[40], got[40];
    MUST("import", "playlist-archive", set("spotify-playlist-archive"));
    content(want);
    test_pg_sql(c, TABLES);
    bool resume = false;
    for (long ms = 400; ms < 9000; ms *= 2, resume = !resume) {
        pid_t pid = !resume ? START("import", "playlist-archive", set("spotify-playlist-archive"))
                            : START("import", "playlist-archive", set("spotify-playlist-archive"),
                                    "--resume");
        nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
        kill(pid, SIGKILL);
        test_wait(pid);
        for (int tries = 0; tries < 2400 && count("pg_locks WHERE locktype = 'advisory'"); tries++)
            nanosleep(&(struct timespec){0, 50000000}, NULL);
    }
    MUST("import", "playlist-archive", set("spotify-playlist-archive"), "--resume");
    content(got);
    ck_assert_str_eq(want, got);
}
END_TEST

static void wait_for_output(const char *text)
{
    for (int tries = 0; tries < 2400 && !strstr(output(), text); tries++)
        nanosleep(&(struct timespec){0, 50000000}, NULL);
    ck_assert_msg(strstr(output(), text) != NULL, "%s", output());
}

static const char *file(const char *name, const char *bytes, size_t n)
{
    const char *path = test_path(scratch, name);
    FILE *f = fopen(path, "w");
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    fclose(f);
    return path;
}
#define FILE_OF(name, literal) file(name, literal, sizeof(literal) - 1)

static long lines_of(const char *path)
{
    long n = 0;
    FILE *f = fopen(path, "r");
    for (int ch; f && (ch = getc(f)) != EOF;)
        n += ch == '\n';
    if (f)
        fclose(f);
    return n;
}

START_TEST(an_import_waits_for_another_and_says_for_whom)
{
    char holder[64];
    const char *path =
        FILE_OF("artist.jsonl", "{\"type\":\"artist\",\"artist_id\":1,\"name\":\"A\"}\n");
    snprintf(holder, sizeof holder, "session %s of ", test_pg_sql(c, "SELECT pg_backend_pid()"));
    test_pg_sql(c, "SELECT pg_advisory_lock(hashtext('segue import'))");
    ck_assert_int_eq(RUN("import", "jsonl", path, "--no-wait"), 1);
    ck_assert_msg(strstr(output(), "another import is running: session") != NULL, "%s", output());
    ck_assert_msg(strstr(output(), holder) != NULL, "%s", output());

    pid_t pid = START("import", "jsonl", path);
    wait_for_output("waiting for another import to end: session");
    kill(pid, SIGINT);
    ck_assert_int_eq(test_wait(pid), 1);

    pid = START("import", "jsonl", path);
    wait_for_output("waiting for another import to end: session");
    ck_assert_int_eq(count("artists"), 0);
    test_pg_sql(c, "SELECT pg_advisory_unlock(hashtext('segue import'))");
    ck_assert_msg(test_wait(pid) == 0, "%s", output());
    ck_assert_msg(count("artists") == 1, "%s", output());
}
END_TEST

START_TEST(an_import_begins_right_after_another)
{
    const char *path =
        FILE_OF("artist.jsonl", "{\"type\":\"artist\",\"artist_id\":1,\"name\":\"A\"}\n");
    for (int i = 0; i < 10; i++)
        MUST("import", "jsonl", path, "--no-wait");
}
END_TEST

START_TEST(bad_json_lines_are_rejected_and_the_good_ones_stay)
{
    char rejects[256];
    strcpy(rejects, test_path(scratch, "rejects"));
    const char *path = FILE_OF(
        "x.jsonl",
        "{\"type\":\"genre\",\"genre_id\":1,\"name\":\"Rock\"}\n"
        "{\"type\":\"artist\",\"artist_id\":1,\"name\":\"AC/DC\",\"external_id\":\"mb:1\"}\n"
        "{\"type\":\"album\",\"album_id\":1,\"artist_id\":1,\"title\":\"Back\"}\n"
        "{\"type\":\"song\",\"song_id\":1,\"title\":\"T.N.T.\",\"artist_ids\":[1],"
        "\"album_id\":1,\"genre_id\":1,\"duration_s\":215,\"play_count\":5}\n"
        "{\"type\":\"song\",\"song_id\":2,\"title\":\"Lost\",\"artist_ids\":[99]}\n"
        "not json\n"
        "{\"type\":\"song\",\"song_id\":3,\"title\":\"\",\"artist_ids\":[1]}\n"
        "{\"type\":\"song\",\"song_id\":4,\"title\":\"x\\u0000y\",\"artist_ids\":[1]}\n"
        "{\"type\":\"song\",\"song_id\":5,\"title\":\"ok\",\"artist_ids\":[1],"
        "\"release_date\":\"2020-02-31\"}\n"
        "{\"type\":\"dance\",\"song_id\":6}\n"
        "{\"type\":\"song\",\"song_id\":-7,\"title\":\"x\",\"artist_ids\":[1]}\n"
        "\xff\xfe{}\n"
        "{\"type\":\"playlist\",\"playlist_id\":1,\"name\":\"Mine\",\"song_ids\":[1,77]}\n");
    MUST("import", "jsonl", path, "--check");
    ck_assert_ptr_nonnull(strstr(output(), "7 rows rejected"));
    ck_assert_int_eq(count("songs"), 0);
    MUST("import", "jsonl", path, "--source", "t", "--rejects", rejects);
    ck_assert_int_eq(count("songs"), 1);
    ck_assert_int_eq(count("artists WHERE external_id = 'mb:1'"), 1);
    ck_assert_int_eq(count("songs WHERE external_id = 't:1' AND genre_id IS NOT NULL"
                           " AND album_id IS NOT NULL AND duration_s = 215 AND play_count = 5"),
                     1);
    ck_assert_int_eq(count("playlist_songs"), 1);
    ck_assert_int_eq(lines_of(rejects), 9);
    ck_assert_ptr_nonnull(strstr(output(), "9 rows rejected"));
}
END_TEST

START_TEST(aliases_are_added_to_what_is_there)
{
    const char *path = FILE_OF(
        "a.jsonl",
        "{\"type\":\"artist\",\"artist_id\":1,\"name\":\"Prince\",\"aliases\":[\"TAFKAP\",\" The "
        "Artist \",\"\"],\"hints\":[\"Pirnce\"],\"external_id\":\"mb:1\"}\n"
        "{\"type\":\"album\",\"album_id\":1,\"artist_id\":1,\"title\":\"O(+>\",\"aliases\":"
        "[\"Love Symbol\"]}\n"
        "{\"type\":\"song\",\"song_id\":1,\"title\":\"I Would Die 4 U\",\"artist_ids\":[1],"
        "\"aliases\":[\"I Would Die for You\",\"a\\tb\"]}\n");
    for (int round = 0; round < 2; round++) {
        MUST("import", "jsonl", path, "--source", "t");
        ck_assert_int_eq(count("aliases"), 5);
        ck_assert_ptr_nonnull(strstr(output(), "2 rows rejected"));
        test_pg_sql(c, "UPDATE aliases SET hint = NOT hint WHERE kind = 'artist'");
        test_pg_sql(c, "DELETE FROM import_progress");
        MUST("import", "jsonl", path, "--source", "t");
        ck_assert_str_eq(test_pg_sql(c, "SELECT alias FROM aliases WHERE hint"), "Pirnce");
        test_pg_sql(c, "INSERT INTO aliases SELECT 'song', song_id, 'Kept' FROM songs");
        test_pg_sql(c, "DELETE FROM aliases WHERE alias IN ('Love Symbol', 'TAFKAP')");
        ck_assert_int_eq(count("aliases"), 4);
        test_pg_sql(c, "DELETE FROM aliases WHERE alias = 'Kept'");
        test_pg_sql(c, "DELETE FROM import_progress");
    }
    path = FILE_OF("a.csv", "title,artist,aliases,artist_aliases\n"
                            "Rape Me,Nirvana,,\n"
                            "Smells Like Teen Spirit,Nirvana,SLTS; Teen Spirit ,Nirvana USA\n");
    MUST("import", "csv", path);
    ck_assert_int_eq(count("aliases JOIN songs USING (song_id) WHERE title LIKE 'Smells%%'"), 2);
    ck_assert_int_eq(count("aliases JOIN artists USING (artist_id) WHERE name = 'Nirvana'"), 1);
    test_pg_sql(c, "DELETE FROM songs");
    ck_assert_int_eq(count("aliases WHERE kind = 'song'"), 0);
}
END_TEST

START_TEST(tags_are_added_and_counted)
{
    const char *path = FILE_OF(
        "t.jsonl",
        "{\"type\":\"artist\",\"artist_id\":1,\"name\":\"Nick Drake\",\"tags\":[\"folk\",\" sad "
        "\",\"\"]}\n"
        "{\"type\":\"song\",\"song_id\":1,\"title\":\"Pink Moon\",\"artist_ids\":[1],\"tags\":"
        "[\"night\",\"a\\tb\"]}\n");
    for (int round = 0; round < 2; round++) {
        MUST("import", "jsonl", path, "--source", "t");
        ck_assert_int_eq(count("tags"), 3);
        ck_assert_int_eq(count("tags WHERE kind = 'artist' AND tag = 'sad' AND uses = 1"), 1);
        ck_assert_ptr_nonnull(strstr(output(), "2 rows rejected"));
        test_pg_sql(c, "UPDATE tags SET uses = 7");
        test_pg_sql(c, "DELETE FROM import_progress");
    }
    path = FILE_OF("t.csv", "title,artist,tags,artist_tags\n"
                            "River Man,Nick,rain; strings ,folk\n");
    MUST("import", "csv", path);
    ck_assert_int_eq(count("tags JOIN songs USING (song_id) WHERE title = 'River Man'"), 2);
    ck_assert_int_eq(count("tags JOIN artists USING (artist_id) WHERE name = 'Nick'"), 1);
    test_pg_sql(c, "DELETE FROM songs");
    ck_assert_int_eq(count("tags WHERE kind = 'song'"), 0);
}
END_TEST

START_TEST(change_lines_rename_and_delete)
{
    const char *path = FILE_OF(
        "c.jsonl",
        "{\"seq\":1,\"op\":\"put\",\"type\":\"artist\",\"artist_id\":1,\"name\":\"Before\"}\n"
        "{\"seq\":2,\"op\":\"put\",\"type\":\"song\",\"song_id\":1,\"title\":\"A\",\"artist_ids\":["
        "1]}\n"
        "{\"seq\":3,\"op\":\"put\",\"type\":\"song\",\"song_id\":2,\"title\":\"B\",\"artist_ids\":["
        "1]}\n"
        "{\"seq\":4,\"op\":\"delete\",\"type\":\"song\",\"song_id\":1}\n"
        "{\"seq\":5,\"op\":\"put\",\"type\":\"artist\",\"artist_id\":1,\"name\":\"After\"}\n"
        "{\"seq\":6,\"op\":\"delete\",\"type\":\"artist\",\"artist_id\":1}\n");
    MUST("import", "jsonl", path);
    ck_assert_int_eq(count("songs WHERE title = 'B'"), 1);
    ck_assert_int_eq(count("songs"), 1);
    ck_assert_int_eq(count("artists WHERE name = 'After'"), 1);
    ck_assert_ptr_nonnull(strstr(output(), "1 rows rejected")); /* an artist with songs */
}
END_TEST

START_TEST(a_song_without_a_date_comes_out_with_its_album)
{
    char before[40], after[40];
    const char *path = FILE_OF(
        "d.jsonl",
        "{\"type\":\"artist\",\"artist_id\":1,\"name\":\"A\"}\n"
        "{\"type\":\"album\",\"album_id\":1,\"title\":\"Later\",\"artist_id\":1,"
        "\"release_date\":\"2999-01-01\"}\n"
        "{\"type\":\"song\",\"song_id\":1,\"title\":\"Of it\",\"artist_ids\":[1],\"album_id\":1}\n"
        "{\"type\":\"song\",\"song_id\":2,\"title\":\"Before "
        "it\",\"artist_ids\":[1],\"album_id\":1,"
        "\"release_date\":\"2020-01-01\"}\n");
    MUST("import", "jsonl", path);
    ck_assert_str_eq(test_pg_sql(c, "SELECT string_agg(release_date::text, ' ' ORDER BY title) "
                                    "FROM songs"),
                     "2020-01-01 2999-01-01");
    versions(before);
    MUST("import", "jsonl", path);
    versions(after);
    ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(csv_columns_are_mapped_and_several_artists_split)
{
    const char *path = FILE_OF("x.csv", "Name;Who;Record;Secs;Year\r\n"
                                        "\"One; \"\"two\"\"\";Ann / Bob;LP;200;1999\r\n"
                                        "Bad;Ann;LP;long;1999\r\n"
                                        ";Ann;LP;1;1999\r\n"
                                        "Short;Ann\r\n"
                                        "\"Line\nbreak\";Bob;;;\r\n");
    for (int round = 0; round < 2; round++)
        MUST("import", "csv", path, "--delimiter", ";", "--artist-separator", "/", "--map",
             "title=Name,artist=Who,album=Record,duration_s=Secs,release_date=Year");
    ck_assert_int_eq(count("songs"), 2);
    ck_assert_int_eq(count("artists"), 2);
    ck_assert_int_eq(count("song_artists WHERE role = 'featured'"), 1);
    ck_assert_str_eq(
        test_pg_sql(c, "SELECT title || release_date FROM songs WHERE duration_s = 200"),
        "One; \"two\"1999-01-01");
    ck_assert_ptr_nonnull(strstr(output(), "3 rows rejected"));
    ck_assert_int_eq(RUN("import", "csv", path, "--map", "title=Nothing"), 1);
    ck_assert_int_eq(RUN("import", "tsv", path), 2);
    ck_assert_int_eq(RUN("import", "csv"), 2);
}
END_TEST

static void demo_content(char out[40])
{
    strcpy(out,
           test_pg_sql(
               c, "SELECT md5(string_agg(t, '|' ORDER BY t COLLATE \"C\")) FROM ("
                  "SELECT concat_ws('~', song_id, artist_id, title, album_id, genre_id, duration_s,"
                  " release_date, explicit, play_count) t FROM songs UNION ALL "
                  "SELECT concat_ws('~', user_id, song_id, played_at, played_s, region)"
                  " FROM listening_history UNION ALL "
                  "SELECT concat_ws('~', user_id, target_kind, target_id) FROM follows UNION ALL "
                  "SELECT concat_ws('~', user_id, email, display_name, country) FROM users) v"));
}

START_TEST(a_demo_is_the_same_again_and_consistent)
{
    char first[40], second[40], indexes[40];
    strcpy(indexes, test_pg_sql(c, "SELECT md5(string_agg(indexdef, '|' ORDER BY indexdef))"
                                   " FROM pg_indexes WHERE schemaname = 'public'"
                                   " AND tablename NOT LIKE 'listening_history_2%%'"));
    MUST("generate", "--songs", "5000", "--users", "50", "--seed", "3", "--until", "2026-11-01");
    demo_content(first);
    ck_assert_int_eq(count("songs"), 5000);
    ck_assert_int_eq(count("listening_history_default"), 0);
    ck_assert_int_gt(count("listening_history"), 2500);
    ck_assert_int_eq(RUN("generate", "--songs", "10"), 1);
    ck_assert_ptr_nonnull(strstr(output(), "not empty"));
    test_pg_sql(c, TABLES);
    MUST("generate", "--songs", "5000", "--users", "50", "--seed", "3", "--until", "2026-11-01");
    demo_content(second);
    ck_assert_str_eq(first, second);

    MUST("generate", "--songs", "1000", "--users", "10", "--seed", "3", "--append");
    ck_assert_int_eq(count("songs"), 6000);
    ck_assert_int_eq(count("song_artists x WHERE NOT EXISTS (SELECT FROM songs o WHERE o.song_id ="
                           " x.song_id AND o.artist_id = x.artist_id) OR NOT EXISTS (SELECT FROM"
                           " artists a WHERE a.artist_id = x.credited_artist_id)"),
                     0);
    ck_assert_int_eq(count("songs o WHERE NOT EXISTS (SELECT FROM albums b WHERE b.album_id ="
                           " o.album_id) OR NOT EXISTS (SELECT FROM genres g WHERE g.genre_id ="
                           " o.genre_id) OR NOT EXISTS (SELECT FROM song_artists x WHERE x.song_id"
                           " = o.song_id AND x.position = 1)"),
                     0);
    ck_assert_int_eq(count("listening_history h WHERE NOT EXISTS (SELECT FROM songs o WHERE"
                           " o.song_id = h.song_id)"),
                     0);
    ck_assert_str_eq(test_pg_sql(c, "SELECT sum(plays) - (SELECT count(*) FROM listening_history)"
                                    " FROM song_plays_daily"),
                     "0");
    ck_assert_str_eq(indexes,
                     test_pg_sql(c, "SELECT md5(string_agg(indexdef, '|' ORDER BY indexdef))"
                                    " FROM pg_indexes WHERE schemaname = 'public'"
                                    " AND tablename NOT LIKE 'listening_history_2%%'"));
    ck_assert_int_eq(count("pg_index WHERE NOT indisvalid"), 0);
    ck_assert_str_eq(test_pg_sql(c, "INSERT INTO artists (name) VALUES ('next') RETURNING"
                                    " artist_id = (SELECT max(artist_id) FROM artists) + 1"),
                     "t");
}
END_TEST

START_TEST(a_demo_written_as_jsonl_imports_as_it_is)
{
    char path[256];
    strcpy(path, test_path(scratch, "demo.jsonl"));
    MUST("generate", "--songs", "2000", "--users", "20", "--seed", "5", "--out", path);
    MUST("import", "jsonl", path, "--source", "demo");
    ck_assert_ptr_null(strstr(output(), "rows rejected"));
    ck_assert_int_eq(count("songs WHERE genre_id IS NOT NULL AND album_id IS NOT NULL"), 2000);
    ck_assert_int_gt(count("playlist_songs"), 100);
}
END_TEST

static void find_datasets(void)
{
    const char *given = getenv("SEGUE_DATASETS");
    if (given)
        snprintf(datasets, sizeof datasets, "%s", given);
    else
        snprintf(datasets, sizeof datasets, "%s/../shared/datasets", test_source_dir());
}

int main(void)
{
    find_datasets();
    scratch = test_scratch();
    pg = test_pg_start_migrated(NULL);
    Suite *s = suite_create("import");
    TCase *t = tcase_create("segue-data");
    tcase_add_checked_fixture(t, connect_one, close_one);
    tcase_add_test(t, an_import_waits_for_another_and_says_for_whom);
    tcase_add_test(t, an_import_begins_right_after_another);
    tcase_add_test(t, bad_json_lines_are_rejected_and_the_good_ones_stay);
    tcase_add_test(t, change_lines_rename_and_delete);
    tcase_add_test(t, aliases_are_added_to_what_is_there);
    tcase_add_test(t, tags_are_added_and_counted);
    tcase_add_test(t, a_song_without_a_date_comes_out_with_its_album);
    tcase_add_test(t, csv_columns_are_mapped_and_several_artists_split);
    tcase_add_test(t, a_demo_is_the_same_again_and_consistent);
    tcase_add_test(t, a_demo_written_as_jsonl_imports_as_it_is);
    if (have_datasets()) {
        tcase_add_test(t, real_catalogues_come_in_whole_and_again_change_nothing);
        tcase_add_test(t, an_import_killed_and_run_again_ends_the_same);
    } else {
        fprintf(stderr, "SKIPPED: no data sets in %s; set SEGUE_DATASETS\n", datasets);
    }
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
