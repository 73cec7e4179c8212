/* test_indexer.c - segue-indexer as its own process over a real PostgreSQL:
 * whatever happens to the catalogue, the index comes to equal it. Equality is
 * judged by `verify --search`: every field of every record, every document by
 * its own words.
 */
#include "core/buf.h"
#include "core/clock.h"
#include "index/meaning.h"
#include "index/searcher.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMAND(...) test_indexer_command(&x, (const char *const[]){__VA_ARGS__, NULL})

static struct test_pg *pg;
static PGconn *c;
static struct test_indexer x;
static struct sg_error e;

static void fill(void)
{
    test_pg_sql(c, "TRUNCATE genres, artists, albums, songs, song_artists, users, playlists, "
                   "playlist_songs, canaries CASCADE");
    test_pg_sql(c, "INSERT INTO genres SELECT g, 'genre ' || g FROM generate_series(1, 5) g");
    test_pg_sql(c, "INSERT INTO artists (artist_id, name) SELECT a, 'Artist number ' || a "
                   "FROM generate_series(1, 40) a");
    test_pg_sql(c, "INSERT INTO albums (artist_id, album_id, title, release_date) SELECT a, a, "
                   "'Album of ' || a, date '1990-01-01' + a FROM generate_series(1, 40) a");
    test_pg_sql(c, "INSERT INTO songs (artist_id, song_id, title, album_id, genre_id, duration_s, "
                   "play_count, explicit) SELECT 1 + s %% 40, s, 'Song ' || s || ' of the sea', "
                   "1 + s %% 40, 1 + s %% 5, 180, s * 7 %% 1000, s %% 9 = 0 "
                   "FROM generate_series(1, 400) s");
    test_pg_sql(c, "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) "
                   "SELECT artist_id, song_id, 1, artist_id FROM songs");
    test_pg_sql(c, "INSERT INTO song_artists (artist_id, song_id, position, credited_artist_id) "
                   "SELECT artist_id, song_id, 2, 1 + (artist_id + 5) %% 40 FROM songs "
                   "WHERE song_id %% 3 = 0");
    test_pg_sql(c, "INSERT INTO users (user_id, email, display_name) VALUES (1, 'a@b', 'A')");
    test_pg_sql(c, "INSERT INTO playlists (user_id, playlist_id, name, is_public) "
                   "SELECT 1, p, 'Playlist ' || p, p %% 2 = 0 FROM generate_series(1, 20) p");
    test_pg_sql(c, "ANALYZE");
}

/* Asks until it is so. */
static void becomes(const char *sql, const char *value)
{
    for (int i = 0; i < 6000 && strcmp(test_pg_sql(c, "%s", sql), value); i++)
        sg_sleep_us(20000);
    ck_assert_str_eq(test_pg_sql(c, "%s", sql), value);
}

static void drop_slots(void)
{
    becomes("SELECT count(*) FROM pg_replication_slots WHERE active", "0");
    test_pg_sql(c, "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots");
}

static void set_up_with(const char *settings)
{
    c = test_pg_connect(pg);
    fill();
    test_indexer_init(&x, pg, NULL, settings);
}

static void set_up(void)
{
    set_up_with(NULL);
}

static void tear_down(void)
{
    int code = test_indexer_kill(&x, SIGTERM);
    if (code)
        test_indexer_show_log(&x);
    ck_assert_int_eq(code, 0);
    drop_slots();
    PQfinish(c);
}

/* Built, followed, equal. */
static void start(void)
{
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    test_indexer_run(&x);
}

static void current(char name[SG_GENERATION_NAME])
{
    ck_assert_msg(sg_current_read(x.index, name, &e) == 0, "%s", e.text);
}

static void wait_for_other_generation(const char *than)
{
    char now[SG_GENERATION_NAME] = "";
    for (int i = 0; i < 4000; i++) {
        if (sg_current_read(x.index, now, NULL) == 0 && strcmp(now, than))
            return;
        sg_sleep_us(50000);
    }
    test_indexer_show_log(&x);
    ck_abort_msg("still %s", now);
}

static void slot_of_current(char slot[64])
{
    char name[SG_GENERATION_NAME], path[512];
    struct sg_manifest *m = calloc(1, sizeof *m);
    current(name);
    snprintf(path, sizeof path, "%s/%s", x.index, name);
    ck_assert_msg(sg_manifest_read(m, path, &e) == 0, "%s", e.text);
    snprintf(slot, 64, "%s", m->slot);
    free(m);
}

/* `run` has left the generation before for the current one. */
static void wait_until_followed(void)
{
    char slot[64], sql[300];
    slot_of_current(slot);
    snprintf(sql, sizeof sql,
             "SELECT string_agg(slot_name, ' ') = '%s' FROM pg_replication_slots WHERE active",
             slot);
    becomes(sql, "t");
}

static void damage(const char *generation, const char *file)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s/%s", x.index, generation, file);
    ck_assert_int_eq(chmod(path, 0600), 0);
    int fd = open(path, O_RDWR);
    struct stat st;
    ck_assert(fd >= 0 && fstat(fd, &st) == 0);
    char byte;
    ck_assert_int_eq(pread(fd, &byte, 1, st.st_size / 2), 1);
    byte = (char)~byte;
    ck_assert_int_eq(pwrite(fd, &byte, 1, st.st_size / 2), 1);
    close(fd);
}

START_TEST(a_new_generation_equals_the_database)
{
    start();
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

/* Lines of song s, over 2 KB when long: such a value is not sent when another column changes. */
static void put_lyrics(const char *songs, const char *language, const char *word, int lines)
{
    test_pg_sql(
        c,
        "INSERT INTO lyrics (song_id, language, lines) SELECT song_id, '%s', (SELECT "
        "jsonb_agg(jsonb_build_object('start_time', i, 'text', md5(i || '%s' || song_id) || "
        "' %s')) FROM generate_series(1, %d) i) FROM songs WHERE %s",
        language, word, word, lines, songs);
}

START_TEST(lyrics_come_to_equal_the_database)
{
    put_lyrics("song_id % 4 = 0", "en", "before", 8);
    start();
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    put_lyrics("song_id % 4 = 1", "en", "after", 200);
    put_lyrics("song_id % 8 = 0", "de", "danach", 8);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(c, "UPDATE lyrics SET source = 'somebody' WHERE song_id %% 4 = 1");
    test_pg_sql(c, "UPDATE lyrics SET language = 'fr' WHERE song_id %% 8 = 1");
    test_pg_sql(c, "UPDATE lyrics SET lines = '[{\"text\": \"Another\"}]' WHERE song_id = 16 "
                   "AND language = 'de'");
    test_pg_sql(c, "UPDATE artists SET name = name || ' anew' WHERE artist_id < 9");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(c, "UPDATE songs SET song_id = 9004 WHERE song_id = 3"); /* no lyrics move */
    test_pg_sql(c, "UPDATE lyrics SET song_id = 9004 WHERE song_id = 4");
    test_pg_sql(c, "DELETE FROM lyrics WHERE song_id = 12");
    test_pg_sql(c, "DELETE FROM songs WHERE song_id IN (5, 8)");
    test_pg_sql(c, "INSERT INTO lyrics (song_id, lines) VALUES (20, '[{\"start_time\": "
                   "\"soon\"}]'), (21, '[]')"); /* the first is skipped */
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    ck_assert(test_indexer_logged(&x, "lyrics: not lines as we write them"));
    test_pg_sql(c, "TRUNCATE lyrics");
    put_lyrics("song_id = 40", "en", "alone", 3);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(run_makes_the_first_generation_by_itself)
{
    test_indexer_run(&x);
    wait_for_other_generation("");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(inserts_updates_and_deletes_of_every_table_arrive)
{
    start();
    test_pg_sql(c, "INSERT INTO genres VALUES (77, 'gqom')");
    test_pg_sql(c, "INSERT INTO artists (artist_id, name) VALUES (1001, 'Björk')");
    test_pg_sql(c, "INSERT INTO albums (artist_id, album_id, title) VALUES (1001, 1001, 'Post')");
    test_pg_sql(c,
                "BEGIN; INSERT INTO songs (artist_id, song_id, title, album_id, genre_id) VALUES "
                "(1001, 1001, 'Hyperballad', 1001, 77); INSERT INTO song_artists VALUES "
                "(1001, 1001, 1, 1001), (1001, 1001, 2, 3); COMMIT");
    test_pg_sql(c, "UPDATE songs SET title = title || ' again', explicit = NOT explicit "
                   "WHERE song_id < 20");
    test_pg_sql(c, "UPDATE songs SET album_id = NULL, genre_id = NULL, duration_s = NULL "
                   "WHERE song_id BETWEEN 20 AND 30");
    test_pg_sql(c, "DELETE FROM songs WHERE song_id BETWEEN 31 AND 40");
    test_pg_sql(c, "UPDATE genres SET name = 'renamed' WHERE genre_id = 2");
    test_pg_sql(c, "UPDATE albums SET title = 'Retitled', release_date = NULL WHERE album_id = 3");
    test_pg_sql(c, "UPDATE songs SET play_count = play_count + 5000 WHERE song_id %% 50 = 0");
    test_pg_sql(c, "UPDATE albums SET release_date = 'infinity' WHERE album_id = 4");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(rename_of_an_artist_reaches_her_songs_and_albums)
{
    start();
    test_pg_sql(c, "UPDATE artists SET name = 'Somebody Else' WHERE artist_id = 7");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(aliases_follow_their_owners)
{
    test_pg_sql(c, "INSERT INTO aliases VALUES ('artist', 1, 'Number One'), ('artist', 1, 'Ägir'), "
                   "('song', 5, 'Lied der See'), ('album', 2, 'The Blue One')");
    test_pg_sql(c, "INSERT INTO aliases VALUES ('artist', 1, 'Nubmer One', true)");
    start();
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(c, "INSERT INTO aliases VALUES ('artist', 2, 'Zwei'), ('artist', 2, 'Deux'), "
                   "('album', 3, 'Drei'), ('song', 5, 'Mar'), ('song', 6, 'Mer')");
    test_pg_sql(c, "UPDATE aliases SET hint = true WHERE alias IN ('Ägir', 'Mar')");
    test_pg_sql(c, "UPDATE aliases SET alias = 'Nummer eins' WHERE alias = 'Number One'");
    test_pg_sql(c, "UPDATE aliases SET id = 7 WHERE alias = 'Mer'");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(c, "DELETE FROM aliases WHERE alias IN ('Deux', 'Lied der See')");
    test_pg_sql(c, "UPDATE songs SET title = 'Renamed' WHERE song_id IN (5, 7)");
    test_pg_sql(c, "UPDATE songs SET artist_id = 9, play_count = 3 WHERE song_id = 5");
    test_pg_sql(c, "DELETE FROM songs WHERE song_id = 7");
    test_pg_sql(c, "BEGIN; INSERT INTO songs (artist_id, song_id, title) VALUES (2, 7, 'Anew'), "
                   "(2, 7001, 'New'); INSERT INTO aliases VALUES ('song', 7, 'Sette'), "
                   "('song', 7001, 'Nuovo'); DELETE FROM songs WHERE song_id = 7001; COMMIT");
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM aliases WHERE kind = 'song'"), "2");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(c, "TRUNCATE aliases");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(the_database_refuses_what_is_no_alias)
{
    static const char *const wrong[] = {"('artist', 4711, 'of nobody')",
                                        "('playlist', 2, 'a list')",
                                        "('song', 1, '')",
                                        "('song', 1, ' spaced')",
                                        "('song', 1, E'a\\x1fb')",
                                        "('song', 1, repeat('x', 201))"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char sql[200];
        snprintf(sql, sizeof sql, "INSERT INTO aliases VALUES %s", wrong[i]);
        PGresult *r = PQexec(c, sql);
        ck_assert_msg(PQresultStatus(r) == PGRES_FATAL_ERROR, "taken: %s", sql);
        PQclear(r);
    }
    test_pg_sql(c, "INSERT INTO aliases SELECT 'song', 1, 'a' || g FROM generate_series(1, 100) g");
    PGresult *r = PQexec(c, "INSERT INTO aliases VALUES ('song', 1, 'one more')");
    ck_assert(PQresultStatus(r) == PGRES_FATAL_ERROR);
    PQclear(r);
}
END_TEST

/* How many of the n songs nearest to a word are of artists 1 to 4. */
static size_t near_songs_of_four(struct sg_searcher *s, const char *word, size_t n)
{
    const struct sg_meaning_model *m = sg_searcher_meaning(s);
    struct sg_meaning_sense sense;
    struct sg_akin near[64];
    struct sg_str words[] = {sg_str(word)};
    size_t of_four = 0;
    ck_assert(sg_meaning_of_words(m, words, 1, &sense));
    ck_assert_uint_eq(sense.known, 1);
    ck_assert_uint_eq(sg_meaning_near(m, sense.v, n, 0, near), n);
    for (size_t i = 0; i < n; i++) {
        struct sg_facts f;
        char sql[128];
        ck_assert(sg_searcher_facts(s, SG_SONG, near[i].doc, &f));
        snprintf(sql, sizeof sql, "SELECT artist_id FROM songs WHERE song_id = %llu",
                 (unsigned long long)f.id);
        of_four += atoi(test_pg_sql(c, sql)) <= 4;
    }
    return of_four;
}

START_TEST(a_word_of_tags_means_the_songs_that_bear_it)
{
    struct sg_index_options o = {.dir = x.index};
    struct sg_index *index;
    struct sg_searcher *s;
    test_pg_sql(c, "INSERT INTO tags (kind, id, tag, uses) "
                   "SELECT 'artist', a, 'Wistful', 5 FROM generate_series(1, 4) a");
    test_pg_sql(c, "INSERT INTO tags (kind, id, tag) "
                   "SELECT 'song', s, 'by night' FROM generate_series(1, 400, 10) s");
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    ck_assert_msg(!sg_index_open(&index, &o, &e) && !sg_searcher_open(&s, index, &e), "%s", e.text);
    ck_assert_msg(sg_searcher_begin(s, &e) == 0, "%s", e.text);
    ck_assert_uint_ge(near_songs_of_four(s, "wistful", 20), 16); /* by chance: 2 */
    ck_assert_uint_le(near_songs_of_four(s, "night", 20), 10);
    sg_searcher_end(s);
    sg_searcher_close(s);
    sg_index_close(index);
}
END_TEST

START_TEST(a_private_playlist_leaves_and_a_public_one_enters)
{
    start();
    test_pg_sql(c, "UPDATE playlists SET is_public = false WHERE playlist_id = 2");
    test_pg_sql(c, "UPDATE playlists SET is_public = true WHERE playlist_id = 3");
    test_pg_sql(c, "UPDATE playlists SET followers = 9 WHERE playlist_id IN (4, 5)");
    test_pg_sql(c, "DELETE FROM playlists WHERE playlist_id = 6");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(credits_follow_swaps_gaps_and_any_order)
{
    test_pg_sql(c, "DELETE FROM song_artists WHERE song_id = 9 AND position = 1");
    test_pg_sql(c, "DELETE FROM song_artists WHERE song_id = 10");
    start();
    test_pg_sql(c,
                "INSERT INTO song_artists SELECT artist_id, 9, 1, 8 FROM songs WHERE song_id = 9");
    test_pg_sql(
        c, "INSERT INTO song_artists SELECT artist_id, 10, 4, 5 FROM songs WHERE song_id = 10");
    test_pg_sql(
        c, "INSERT INTO song_artists SELECT artist_id, 10, 2, 6 FROM songs WHERE song_id = 10");
    test_pg_sql(c, "INSERT INTO song_artists SELECT artist_id, song_id, 5, 11 FROM songs "
                   "WHERE song_id = 12");
    test_pg_sql(c, "INSERT INTO song_artists SELECT artist_id, song_id, 3, 12 FROM songs "
                   "WHERE song_id = 12");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(c, "DELETE FROM song_artists WHERE song_id = 12 AND position = 2");
    test_pg_sql(c, "UPDATE song_artists SET position = 99 WHERE song_id = 15 AND position = 1");
    test_pg_sql(c, "UPDATE song_artists SET position = 1 WHERE song_id = 15 AND position = 2");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(c, "UPDATE song_artists SET position = 2 WHERE song_id = 15 AND position = 99");
    test_pg_sql(c, "DELETE FROM song_artists WHERE song_id = 18");
    test_pg_sql(
        c, "UPDATE song_artists SET position = position - 1 WHERE song_id = 12 AND position = 3");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(
        c, "INSERT INTO song_artists SELECT artist_id, 18, 1, 30 FROM songs WHERE song_id = 18");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(a_new_lead_artist_changes_the_key)
{
    start();
    test_pg_sql(c, "UPDATE songs SET artist_id = 20 WHERE song_id IN (50, 51, 52)");
    test_pg_sql(
        c, "UPDATE song_artists SET credited_artist_id = 20 WHERE song_id = 51 AND position = 1");
    test_pg_sql(c, "UPDATE songs SET song_id = 5000 WHERE song_id = 54");
    test_pg_sql(c, "DELETE FROM song_artists WHERE song_id = 60; "
                   "UPDATE songs SET artist_id = 21 WHERE song_id = 60");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(one_transaction_may_do_and_undo)
{
    start();
    test_pg_sql(c, "BEGIN;"
                   "DELETE FROM songs WHERE song_id = 70;"
                   "INSERT INTO songs (artist_id, song_id, title) VALUES (9, 70, 'Back');"
                   "INSERT INTO song_artists VALUES (9, 70, 1, 9);"
                   "INSERT INTO songs (artist_id, song_id, title) VALUES (9, 7000, 'Brief');"
                   "DELETE FROM songs WHERE song_id = 7000;"
                   "SAVEPOINT s; DELETE FROM songs WHERE song_id < 60; ROLLBACK TO s;"
                   "COMMIT");
    test_pg_sql(c, "BEGIN; DELETE FROM songs; ROLLBACK");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(truncate_removes_each)
{
    start();
    test_pg_sql(c, "TRUNCATE playlists CASCADE");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(c, "TRUNCATE song_artists");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(c, "TRUNCATE genres CASCADE");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    test_pg_sql(c, "INSERT INTO songs (artist_id, song_id, title) VALUES (1, 1, 'Anew')");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(verify_finds_what_differs)
{
    start();
    test_pg_sql(c, "ALTER PUBLICATION segue_catalogue DROP TABLE songs, genres");
    test_pg_sql(c, "UPDATE songs SET title = 'Unseen' WHERE song_id = 1");
    test_pg_sql(c, "DELETE FROM songs WHERE song_id = 2");
    test_pg_sql(c, "INSERT INTO songs (artist_id, song_id, title) VALUES (1, 900, 'Unseen too')");
    test_pg_sql(c, "INSERT INTO genres VALUES (88, 'unseen')");
    ck_assert_int_eq(COMMAND("verify"), 1);
    ck_assert(test_indexer_logged(&x, "songs 1: title"));
    ck_assert(test_indexer_logged(&x, "songs 2: in the index only"));
    ck_assert(test_indexer_logged(&x, "songs 900: missing in the index"));
    ck_assert(test_indexer_logged(&x, "genres 88: missing in the index"));
    ck_assert(test_indexer_logged(&x, " 4 differences"));
    test_pg_sql(c, "ALTER PUBLICATION segue_catalogue ADD TABLE songs, genres");
}
END_TEST

START_TEST(rollback_serves_the_previous_generation_and_catches_up)
{
    char first[SG_GENERATION_NAME], now[SG_GENERATION_NAME];
    start();
    current(first);
    sg_sleep_us(1100000);
    test_pg_sql(c, "UPDATE songs SET title = 'Between' WHERE song_id = 1");
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    test_pg_sql(c, "UPDATE songs SET title = 'After' WHERE song_id = 2");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    ck_assert_int_eq(COMMAND("rollback"), 0);
    current(now);
    ck_assert_str_eq(now, first);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    ck_assert_int_eq(COMMAND("rollback"), 1);
}
END_TEST

START_TEST(rollback_refuses_a_corrupt_generation)
{
    char first[SG_GENERATION_NAME], second[SG_GENERATION_NAME], now[SG_GENERATION_NAME];
    start();
    current(first);
    sg_sleep_us(1100000);
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    current(second);
    wait_until_followed(); /* who still reads it would have a new one made */
    damage(first, "store.mdb");
    ck_assert_int_eq(COMMAND("rollback"), 1);
    ck_assert(test_indexer_logged(&x, "checksum differs"));
    current(now);
    ck_assert_str_eq(now, second);
}
END_TEST

START_TEST(a_corrupt_base_is_noticed_and_replaced)
{
    char name[SG_GENERATION_NAME];
    start();
    current(name);
    test_indexer_kill(&x, SIGTERM);
    damage(name, "facts-song.seg");
    sg_sleep_us(1100000);
    test_indexer_run(&x);
    wait_for_other_generation(name);
    ck_assert(test_indexer_logged(&x, "the base is corrupt"));
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(the_gate_keeps_back_a_catalogue_that_shrank)
{
    char before[SG_GENERATION_NAME], now[SG_GENERATION_NAME];
    start();
    current(before);
    test_pg_sql(c, "DELETE FROM songs WHERE song_id > 200");
    ck_assert_int_eq(COMMAND("rebuild"), 3);
    ck_assert(test_indexer_logged(&x, "more than 20% fewer"));
    current(now);
    ck_assert_str_eq(now, before);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    ck_assert_int_eq(COMMAND("status"), 0);
    ck_assert(test_indexer_logged(&x, "refused:"));
    ck_assert_int_eq(COMMAND("rebuild", "--force"), 0);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    ck_assert_int_eq(COMMAND("gate"), 0);
}
END_TEST

START_TEST(the_gate_asks_what_operators_want_found)
{
    char before[SG_GENERATION_NAME], now[SG_GENERATION_NAME];
    start();
    current(before);
    test_pg_sql(c, "INSERT INTO canaries (canary_id, query, kind, id, within, enabled) VALUES "
                   "(7, 'song 17 of the sea', 'song', 17, 1, true), "
                   "(8, 'artist number 4', 'artist', 4, 3, true), "
                   "(9, 'album of 23', 'album', 23, 400, true), "
                   "(10, 'nothing like it', 'song', 5, 1000, false)");
    sg_sleep_us(1100000);
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    current(now);
    ck_assert_str_ne(now, before);
    test_pg_sql(c, "UPDATE songs SET title = 'Renamed' WHERE song_id = 17");
    test_pg_sql(c, "UPDATE canaries SET enabled = true WHERE canary_id = 10");
    ck_assert_int_eq(COMMAND("rebuild"), 3);
    ck_assert(test_indexer_logged(&x, "canary 7 \"song 17 of the sea\": song 17 is not among the "
                                      "first 1; 1 more of 4 fail"));
    current(before);
    ck_assert_str_eq(now, before);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    ck_assert_int_eq(COMMAND("gate"), 3);
    test_pg_sql(c, "UPDATE canaries SET enabled = false WHERE canary_id IN (7, 10)");
    ck_assert_int_eq(COMMAND("gate"), 0);
    test_pg_sql(c, "UPDATE canaries SET enabled = true");
    ck_assert_int_eq(COMMAND("rebuild", "--force"), 0);
}
END_TEST

START_TEST(old_generations_and_their_slots_go)
{
    start();
    for (int i = 0; i < 3; i++) {
        sg_sleep_us(1100000);
        wait_until_followed(); /* a slot that is used is left for the next time */
        ck_assert_int_eq(COMMAND("rebuild"), 0);
    }
    struct sg_manifest *m = calloc(16, sizeof *m);
    ck_assert_uint_eq(sg_generation_list(x.index, m, 16), 2);
    free(m);
    ck_assert_str_eq(test_pg_sql(c, "SELECT count(*) FROM pg_replication_slots"), "2");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(one_rebuild_at_a_time)
{
    PGconn *other = test_pg_connect(pg);
    test_pg_sql(other, "BEGIN; SELECT pg_current_xact_id()"); /* its slot waits for that to end */
    pid_t first = test_indexer_spawn(&x, (const char *const[]){"rebuild", NULL});
    becomes("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted", "t");
    ck_assert_int_eq(COMMAND("rebuild"), 1);
    ck_assert(test_indexer_logged(&x, "another rebuild is running"));
    test_pg_sql(other, "ROLLBACK");
    PQfinish(other);
    ck_assert_int_eq(test_wait(first), 0);
}
END_TEST

START_TEST(a_killed_rebuild_leaves_nothing_that_stays)
{
    for (int i = 0; i < 4; i++) {
        pid_t pid = test_indexer_spawn(&x, (const char *const[]){"rebuild", NULL});
        sg_sleep_us(100000 + i * 150000);
        kill(pid, SIGKILL);
        test_wait(pid);
        /* What it asked for is done or given up: a slot that comes later would stay. */
        becomes("SELECT count(*) FROM pg_stat_activity WHERE backend_type IN ('client backend', "
                "'walsender') AND pid <> pg_backend_pid()",
                "0");
    }
    sg_sleep_us(1100000);
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    test_indexer_run(&x);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    char left[512];
    snprintf(left, sizeof left, "ls %s | grep -q building", x.index);
    ck_assert_int_ne(system(left), 0);
    ck_assert_int_le(atoi(test_pg_sql(c, "SELECT count(*) FROM pg_replication_slots")), 2);
}
END_TEST

START_TEST(a_lost_slot_leads_to_a_rebuild)
{
    char before[SG_GENERATION_NAME], lost[64], slot[64];
    start();
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    current(before);
    slot_of_current(lost);
    test_indexer_kill(&x, SIGKILL);
    drop_slots();
    test_pg_sql(c, "UPDATE songs SET title = 'Missed' WHERE song_id = 1");
    test_indexer_run(&x);
    wait_for_other_generation(before);
    slot_of_current(slot);
    ck_assert_str_ne(slot, lost); /* though made within the same second */
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(a_large_delta_leads_to_a_rebuild)
{
    char before[SG_GENERATION_NAME];
    PQfinish(c);
    set_up_with("indexer.rebuild_after = 50\n");
    start();
    current(before);
    sg_sleep_us(1000000);
    test_pg_sql(c, "UPDATE songs SET title = 'Changed ' || song_id WHERE song_id <= 100");
    wait_for_other_generation(before);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(a_very_large_transaction_leads_to_a_rebuild)
{
    char before[SG_GENERATION_NAME];
    start();
    current(before);
    sg_sleep_us(1000000);
    test_pg_sql(c, "INSERT INTO songs (artist_id, song_id, title) "
                   "SELECT 1 + s %% 40, 10000 + s, 'Bulk ' || s FROM generate_series(1, 60000) s");
    wait_for_other_generation(before);
    ck_assert_int_eq(COMMAND("verify", "--wait", "120"), 0);
}
END_TEST

START_TEST(the_indexer_survives_a_restart_of_the_database)
{
    start();
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    PQfinish(c);
    test_pg_restart(pg);
    c = test_pg_connect(pg);
    test_pg_sql(c, "UPDATE songs SET title = 'After the restart' WHERE song_id = 3");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    PQfinish(c);
    test_pg_crash(pg);
    test_pg_up(pg);
    c = test_pg_connect(pg);
    test_pg_sql(c, "UPDATE songs SET title = 'After the crash' WHERE song_id = 4");
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(status_tells_as_json)
{
    start();
    ck_assert_int_eq(test_indexer_verify(&x), 0);
    for (int i = 0; i < 60 && !test_indexer_logged(&x, "\"running\":true"); i++)
        ck_assert_int_eq(COMMAND("status", "--json"), 0); /* it asks for 2 s */
    ck_assert(test_indexer_logged(&x, "\"running\":true"));
    ck_assert(test_indexer_logged(&x, "\"songs\":400"));
    ck_assert(test_indexer_logged(&x, "\"current\":true"));
}
END_TEST

static void append(const char *path, const char *text)
{
    FILE *f = fopen(path, "a");
    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

/* The title that the index has for a song; "" when it has none. */
static const char *title_of(uint64_t song_id)
{
    static char title[200];
    struct sg_index *index;
    struct sg_searcher *s;
    struct sg_index_options o = {.dir = x.index};
    struct sg_arena a = {0};
    struct sg_song song;
    title[0] = '\0';
    ck_assert_int_eq(sg_index_open(&index, &o, &e), 0);
    ck_assert_int_eq(sg_searcher_open(&s, index, &e), 0);
    if (sg_searcher_begin(s, &e) == 0) {
        if (sg_searcher_record(s, SG_SONG, song_id, &a, &song, &e) == 0)
            snprintf(title, sizeof title, "%.*s", SG_FMT(song.title));
        sg_searcher_end(s);
    }
    sg_searcher_close(s);
    sg_index_close(index);
    sg_arena_free(&a);
    return title;
}

static void wait_for_title(uint64_t song_id, const char *title)
{
    for (int i = 0; i < 2000 && strcmp(title_of(song_id), title); i++)
        sg_sleep_us(50000);
    ck_assert_str_eq(title_of(song_id), title);
}

/* A trigger that looks at a row makes PostgreSQL send all of it; here none runs. While the commit
 * waits for a replica it is told already, and nobody can read it. */
START_TEST(a_large_description_that_was_not_sent_is_fetched)
{
    PGconn *waits = test_pg_connect(pg);
    test_pg_sql(c, "ALTER TABLE playlists ALTER description SET STORAGE EXTERNAL");
    start();
    for (unsigned id = 500; id < 502; id++)
        test_pg_sql(c,
                    "INSERT INTO playlists (user_id, playlist_id, name, description) "
                    "VALUES (1, %u, 'Big', repeat('word ', 2000))",
                    id);
    test_pg_sql(waits, "SET session_replication_role = replica");
    test_pg_sql(waits, "UPDATE playlists SET is_public = true WHERE playlist_id = 500");
    test_pg_commits_wait_for(pg, c, "nobody");
    ck_assert_int_eq(PQsendQuery(waits,
                                 "UPDATE playlists SET is_public = true, "
                                 "playlist_id = 502, name = 'Bigger' WHERE playlist_id = 501"),
                     1);
    test_pg_await_waiting_commit(c, waits);
    test_pg_sql(c, "UPDATE songs SET title = 'Behind it' WHERE song_id = 7");
    wait_for_title(7, "Behind it");
    test_pg_commits_wait_for(pg, c, "");
    PQclear(PQgetResult(waits));
    PQfinish(waits);
    ck_assert_int_eq(test_indexer_verify(&x), 0);
}
END_TEST

START_TEST(a_catalogue_of_files_needs_no_database)
{
    char path[96], changes[112], settings[160];
    snprintf(path, sizeof path, "%s/catalogue.jsonl", test_scratch());
    snprintf(changes, sizeof changes, "%s.changes", path);
    snprintf(settings, sizeof settings, "indexer.source = %s\n", path);
    append(path, "{\"type\":\"snapshot\",\"seq\":2}\n"
                 "{\"type\":\"song\",\"song_id\":1,\"title\":\"One\",\"artist_ids\":[1]}\n"
                 "{\"type\":\"song\",\"song_id\":2,\"title\":\"Two\",\"artist_ids\":[1]}\n"
                 "{\"type\":\"song\",\"song_id\":3}\n"
                 "{\"type\":\"artist\",\"artist_id\":1,\"name\":\"Her\"}\n"
                 "{\"type\":\"genre\",\"genre_id\":1,\"name\":\"dub\"}\n");
    append(changes, "{\"seq\":1,\"op\":\"delete\",\"type\":\"song\",\"song_id\":1}\n"
                    "{\"seq\":3,\"op\":\"put\",\"type\":\"song\",\"song_id\":4,\"title\":\"Four\","
                    "\"artist_ids\":[1]}\n");
    test_indexer_init(&x, NULL, NULL, settings);
    ck_assert_int_eq(COMMAND("rebuild"), 0);
    ck_assert(test_indexer_logged(&x, "line=4"));
    test_indexer_run(&x);
    wait_for_title(4, "Four");
    ck_assert_str_eq(title_of(1), "One");
    append(changes, "{\"seq\":4,\"op\":\"delete\",\"type\":\"song\",\"song_id\":2}\nrubbish\n"
                    "{\"seq\":5,\"op\":\"put\",\"type\":\"song\",\"song_id\":1,\"title\":\"Uno\",");
    wait_for_title(2, "");
    append(changes, "\"artist_ids\":[1]}\n");
    wait_for_title(1, "Uno");
    test_indexer_kill(&x, SIGKILL);
    append(changes, "{\"seq\":6,\"op\":\"put\",\"type\":\"song\",\"song_id\":6,\"title\":\"Six\","
                    "\"artist_ids\":[1]}\n");
    test_indexer_run(&x);
    wait_for_title(6, "Six");
    ck_assert_int_eq(COMMAND("verify"), 1);
}
END_TEST

int main(void)
{
    pg = test_pg_start_migrated(NULL);
    Suite *s = suite_create("indexer");
    TCase *t = tcase_create("indexer");
    tcase_set_timeout(t, 300);
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_add_test(t, a_new_generation_equals_the_database);
    tcase_add_test(t, lyrics_come_to_equal_the_database);
    tcase_add_test(t, run_makes_the_first_generation_by_itself);
    tcase_add_test(t, inserts_updates_and_deletes_of_every_table_arrive);
    tcase_add_test(t, rename_of_an_artist_reaches_her_songs_and_albums);
    tcase_add_test(t, aliases_follow_their_owners);
    tcase_add_test(t, the_database_refuses_what_is_no_alias);
    tcase_add_test(t, a_private_playlist_leaves_and_a_public_one_enters);
    tcase_add_test(t, a_word_of_tags_means_the_songs_that_bear_it);
    tcase_add_test(t, a_large_description_that_was_not_sent_is_fetched);
    tcase_add_test(t, credits_follow_swaps_gaps_and_any_order);
    tcase_add_test(t, a_new_lead_artist_changes_the_key);
    tcase_add_test(t, one_transaction_may_do_and_undo);
    tcase_add_test(t, truncate_removes_each);
    tcase_add_test(t, verify_finds_what_differs);
    tcase_add_test(t, rollback_serves_the_previous_generation_and_catches_up);
    tcase_add_test(t, rollback_refuses_a_corrupt_generation);
    tcase_add_test(t, a_corrupt_base_is_noticed_and_replaced);
    tcase_add_test(t, the_gate_keeps_back_a_catalogue_that_shrank);
    tcase_add_test(t, the_gate_asks_what_operators_want_found);
    tcase_add_test(t, old_generations_and_their_slots_go);
    tcase_add_test(t, one_rebuild_at_a_time);
    tcase_add_test(t, a_killed_rebuild_leaves_nothing_that_stays);
    tcase_add_test(t, a_lost_slot_leads_to_a_rebuild);
    tcase_add_test(t, a_large_delta_leads_to_a_rebuild);
    tcase_add_test(t, a_very_large_transaction_leads_to_a_rebuild);
    tcase_add_test(t, the_indexer_survives_a_restart_of_the_database);
    tcase_add_test(t, status_tells_as_json);
    tcase_add_test(t, a_catalogue_of_files_needs_no_database);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
