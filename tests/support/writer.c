/* writer.c - see writer.h. */
#include "tests/support/writer.h"
#include "core/clock.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t test_random(uint64_t *state)
{
    uint64_t x = *state ? *state : 88172645463325252u;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 2685821657736338717u;
}

void test_writer_seed(PGconn *c)
{
    test_pg_sql(c, "TRUNCATE genres, artists, albums, songs, song_artists, users, playlists, "
                   "playlist_songs RESTART IDENTITY CASCADE");
    test_pg_sql(c, "INSERT INTO genres SELECT g, 'genre ' || g FROM generate_series(1, 10) g");
    test_pg_sql(c,
                "INSERT INTO artists (name) SELECT 'Artist ' || a FROM generate_series(1, 200) a");
    test_pg_sql(c, "INSERT INTO albums (artist_id, title) SELECT a, 'Album ' || a "
                   "FROM generate_series(1, 200) a");
    test_pg_sql(c, "INSERT INTO songs (artist_id, title, album_id, genre_id, play_count) SELECT "
                   "1 + s %% 200, 'Song ' || s, 1 + s %% 200, 1 + s %% 10, s FROM "
                   "generate_series(1, 2000) s");
    test_pg_sql(c, "INSERT INTO song_artists SELECT artist_id, song_id, 1, artist_id FROM songs");
    test_pg_sql(c, "INSERT INTO users (user_id, email, display_name) VALUES (1, 'a@b', 'A')");
    test_pg_sql(c, "INSERT INTO playlists (user_id, name, is_public) SELECT 1, 'List ' || p, "
                   "p %% 2 = 0 FROM generate_series(1, 50) p");
    test_pg_sql(c, "ANALYZE");
}

/* A song that exists: the first at or after a random id, below the tests' own. */
#define SONG                                                                                       \
    "(SELECT song_id FROM songs WHERE song_id >= %llu AND song_id < 1000000 ORDER BY song_id "     \
    "LIMIT 1)"

/* %llu are replaced by random numbers up to 2,500 in order. Each ends in one or
 * several rows changed; their count is what the server says. */
static const char *const deeds[] = {
    "INSERT INTO songs (artist_id, title, album_id, genre_id) VALUES (1 + %llu %% 200, 'New ' || "
    "%llu, 1 + %llu %% 200, 1 + %llu %% 10)",
    "WITH s AS (INSERT INTO songs (artist_id, title) VALUES (1 + %llu %% 200, 'Duet ' || %llu) "
    "RETURNING artist_id, song_id) INSERT INTO song_artists SELECT artist_id, song_id, p, "
    "1 + (artist_id + p * 7) %% 200 FROM s, generate_series(1, 1 + %llu %% 3) p",
    "UPDATE songs SET title = 'Renamed ' || %llu WHERE song_id = " SONG,
    "UPDATE songs SET play_count = play_count + %llu WHERE song_id = " SONG,
    "UPDATE songs SET genre_id = 1 + %llu %% 10, explicit = NOT explicit WHERE song_id = " SONG,
    "UPDATE songs SET album_id = NULL, release_date = '2001-02-03' WHERE song_id = " SONG,
    "DELETE FROM songs WHERE song_id = " SONG,
    "UPDATE artists SET name = 'Renamed artist ' || %llu WHERE artist_id = 1 + %llu %% 200",
    "UPDATE albums SET title = 'Retitled ' || %llu WHERE album_id = 1 + %llu %% 200",
    "UPDATE genres SET name = 'genre ' || %llu || '-' || genre_id WHERE genre_id = 1 + %llu %% 10",
    "INSERT INTO song_artists SELECT artist_id, song_id, 2 + %llu %% 5, 1 + %llu %% 200 FROM songs "
    "WHERE song_id = " SONG " ON CONFLICT DO NOTHING",
    "DELETE FROM song_artists WHERE song_id = " SONG " AND position = 1 + %llu %% 4",
    "UPDATE song_artists SET position = 50 + %llu %% 50 WHERE song_id = " SONG " AND position = 2",
    "BEGIN; UPDATE song_artists SET position = 100 WHERE song_id = %llu AND position = 1; "
    "UPDATE song_artists SET position = 1 WHERE song_id = %llu AND position = 2; COMMIT",
    "UPDATE songs SET artist_id = 1 + %llu %% 200 WHERE song_id = " SONG,
    "UPDATE playlists SET is_public = NOT is_public WHERE playlist_id = 1 + %llu %% 50",
    "UPDATE playlists SET followers = %llu WHERE playlist_id = 1 + %llu %% 50",
    "INSERT INTO aliases SELECT 'song', song_id, 'Also ' || %llu %% 50, %llu %% 3 = 0 FROM songs "
    "WHERE song_id = " SONG " ON CONFLICT DO NOTHING",
    "INSERT INTO aliases VALUES ('artist', 1 + %llu %% 200, 'Known as ' || %llu %% 9) "
    "ON CONFLICT DO NOTHING",
    "INSERT INTO aliases VALUES ('album', 1 + %llu %% 200, 'Album of ' || %llu %% 9, true) "
    "ON CONFLICT DO NOTHING",
    "UPDATE aliases SET alias = alias || '.', hint = NOT hint WHERE kind = 'artist' AND "
    "id = 1 + %llu %% 200 AND length(alias) < 30",
    "DELETE FROM aliases WHERE (id + length(alias)) %% 7 = %llu %% 7 AND id < %llu",
    "INSERT INTO artists (name) VALUES ('Newcomer ' || %llu)",
    "INSERT INTO playlists (user_id, name, is_public) VALUES (1, 'List ' || %llu, true)",
    "BEGIN; UPDATE songs SET title = 'Never' WHERE song_id > %llu; ROLLBACK",
    "UPDATE songs SET title = title || '!' WHERE song_id BETWEEN %llu AND 5 + %llu %% 1000",
};

static void choose(struct test_writer *w, char *sql, size_t cap)
{
    const char *deed = deeds[test_random(&w->random) % (sizeof deeds / sizeof *deeds)];
    unsigned long long n[5];
    for (int i = 0; i < 5; i++)
        n[i] = 1 + test_random(&w->random) % 2500;
        /* Every deed takes five numbers at most; the format is one of ours. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(sql, cap, deed, n[0], n[1], n[2], n[3], n[4]);
#pragma GCC diagnostic pop
}

static PGconn *connect_again(struct test_writer *w, PGconn *c)
{
    PQfinish(c);
    c = PQconnectdb(w->pg->dsn);
    while (PQstatus(c) != CONNECTION_OK) {
        PQfinish(c);
        sg_sleep_us(50000);
        c = PQconnectdb(w->pg->dsn);
    }
    return c;
}

static void *write_on(void *arg)
{
    struct test_writer *w = arg;
    char sql[1024];
    PGconn *c = connect_again(w, NULL);
    int64_t started = sg_now_us();
    while (w->changes < w->target) {
        choose(w, sql, sizeof sql);
        PGresult *r = PQexec(c, sql);
        uint64_t rows = strtoull(PQcmdTuples(r), NULL, 10);
        ExecStatusType status = PQresultStatus(r);
        w->changes += rows < 50 ? rows : 50; /* wide ones are not to stand for many */
        if (status != PGRES_COMMAND_OK && PQstatus(c) != CONNECTION_OK)
            c = connect_again(w, c);
        else if (status != PGRES_COMMAND_OK)
            PQclear(PQexec(c, "ROLLBACK"));
        PQclear(r);
        int64_t due = started + (int64_t)(w->changes * 1000000 / w->per_second);
        if (due > sg_now_us())
            sg_sleep_us(due - sg_now_us());
    }
    PQfinish(c);
    return NULL;
}

void test_writer_start(struct test_writer *w, const struct test_pg *pg, uint64_t random,
                       uint64_t target, unsigned per_second)
{
    *w = (struct test_writer){
        .pg = pg, .random = random, .target = target, .per_second = per_second};
    if (pthread_create(&w->thread, NULL, write_on, w)) {
        fprintf(stderr, "writer: no thread\n");
        exit(1);
    }
}

uint64_t test_writer_join(struct test_writer *w)
{
    pthread_join(w->thread, NULL);
    return w->changes;
}
