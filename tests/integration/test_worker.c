/* test_worker.c - the real segue-worker and segue-audio over uploads as the API leaves them. */
#include "core/audio_child/audio_child.h"
#include "core/clock.h"
#include "core/digest.h"
#include "tests/support/indexer.h"
#include "tests/support/recording.h"
#include "tests/support/scratch.h"
#include "worker/asset.h"
#include "worker/jobs/song.h"
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAITS = 12000 }; /* of 20 ms: its child lets everything else on a busy machine go first */

static struct test_indexer x;
static struct test_pg *pg;
static struct sg_config config;
static struct sg_objects *objects;
static struct sg_vault *vault;
static PGconn *db;
static pid_t worker;
static struct sg_error e;

/* Until it takes jobs: before, a signal ends it at once. */
static void start_worker(void)
{
    unlink(test_path(x.dir, "segue-worker")); /* its log */
    worker = test_program_spawn(&x, "segue-worker", (const char *const[]){"serve", NULL});
    for (int i = 0; i < WAITS && !test_logged(&x, "segue-worker", "taking jobs"); i++)
        sg_sleep_us(20000);
    ck_assert(test_logged(&x, "segue-worker", "taking jobs"));
}

static int stop_worker(int with)
{
    kill(worker, with);
    return test_wait(worker);
}

static void put(struct test_upload u, struct sg_buf *file)
{
    u.artist_id = u.user_id = u.artist_id ? u.artist_id : 1;
    ck_assert(test_upload_put(&u, sg_buf_str(file), objects, vault, db));
}

static void put_wav(struct test_upload u, double seconds, unsigned seed)
{
    struct sg_buf wav = {0};
    test_wav(&wav, seconds, seed);
    put(u, &wav);
    sg_buf_free(&wav);
}

/* Until it has ended, whichever way. */
static const char *end_of(const char *id)
{
    const char *status = "";
    for (int i = 0; i < WAITS; i++) {
        status = test_pg_sql(db, "SELECT status FROM uploads WHERE upload_id = '%s'", id);
        if (strcmp(status, "received") && strcmp(status, "processing"))
            return status;
        sg_sleep_us(20000);
    }
    test_show(&x, "segue-worker");
    return status;
}

static int count_seen(void *ctx, const char *key, const struct sg_object_info *info,
                      struct sg_error *err)
{
    (void)key, (void)info, (void)err;
    ++*(int *)ctx;
    return 0;
}

static int objects_below(const char *prefix)
{
    int n = 0;
    ck_assert_int_eq(sg_objects_list(objects, prefix, NULL, count_seen, &n, &e), 0);
    return n;
}

static int originals_of(const char *id)
{
    char prefix[100];
    snprintf(prefix, sizeof prefix, "uploads/%s/", id);
    for (int i = 0; i < WAITS && objects_below(prefix); i++) /* they go after the end is told */
        sg_sleep_us(20000);
    return objects_below(prefix);
}

/* Folders of jobs below var/scratch/<worker>/. */
static int scratch_folders(void)
{
    char path[300];
    int n = 0;
    snprintf(path, sizeof path, "find %s/var/scratch -mindepth 2 -type d 2>/dev/null | wc -l",
             x.dir);
    FILE *f = popen(path, "r"); /* NOLINT(cert-env33-c): paths of our own */
    ck_assert_int_eq(fscanf(f, "%d", &n), 1);
    pclose(f);
    return n;
}

/* It goes after the end is told. */
static bool scratch_is_empty(void)
{
    for (int i = 0; i < WAITS && scratch_folders(); i++)
        sg_sleep_us(20000);
    return scratch_folders() == 0;
}

static void check_stored(void)
{
    PGresult *r = PQexec(db, "SELECT asset_id, path, bytes, sealed, encode(f.sha256, 'hex'), "
                             "a.content_key FROM assets a JOIN asset_files f USING (asset_id) "
                             "JOIN song_audio USING (asset_id)");
    int n = PQntuples(r);
    ck_assert_int_gt(n, 5);
    for (int i = 0; i < n; i++) {
        unsigned char key[SG_CONTENT_KEY];
        char object[300], hex[65];
        size_t wrapped_n = 0;
        struct sg_object_info info;
        bool sealed = *PQgetvalue(r, i, 3) == 't';
        unsigned char *wrapped = PQunescapeBytea((unsigned char *)PQgetvalue(r, i, 5), &wrapped_n);
        ck_assert_int_eq(
            sg_vault_unwrap(vault, (struct sg_str){(char *)wrapped, wrapped_n}, key, &e), 0);
        PQfreemem(wrapped);
        snprintf(object, sizeof object, "audio/%s/%s", PQgetvalue(r, i, 0), PQgetvalue(r, i, 1));
        FILE *to = tmpfile();
        ck_assert_int_eq(
            sg_objects_fetch(objects, object, sealed ? key : NULL, fileno(to), &info, &e), 0);
        fclose(to);
        sg_hex(info.sha256, 32, hex);
        ck_assert_str_eq(hex, PQgetvalue(r, i, 4));
        ck_assert_int_eq(info.bytes, atoll(PQgetvalue(r, i, 2)));
    }
    PQclear(r);
}

START_TEST(an_upload_becomes_a_song_that_plays)
{
    struct sg_buf wav = {0};
    test_wav(&wav, 2, 1);
    test_wav_title(&wav, "Not this");
    test_pg_sql(db, "LISTEN segue_uploads");
    put((struct test_upload){.id = "upload_a", .title = "A Song", .sealed = true}, &wav);
    sg_buf_free(&wav);
    ck_assert_str_eq(end_of("upload_a"), "ready");
    ck_assert_str_eq(
        test_pg_sql(db, "SELECT s.title || '|' || s.artist_id || '|' || duration_s || '|' || "
                        "credited_artist_id || '|' || role || '|' || (a.duration_ms BETWEEN 1900 "
                        "AND 2100) || '|' || a.codec FROM uploads u JOIN songs s USING (song_id) "
                        "JOIN song_artists USING (song_id) JOIN song_audio USING (song_id) "
                        "JOIN assets a ON a.asset_id = song_audio.asset_id "
                        "WHERE upload_id = 'upload_a' AND u.asset_id = a.asset_id"),
        "A Song|1|2|1|main|true|pcm_s16le");
    check_stored();
    ck_assert_int_eq(originals_of("upload_a"), 0);
    ck_assert(scratch_is_empty());
    ck_assert_str_eq(test_pg_sql(db, "SELECT status || attempts FROM jobs"), "done1");
    ck_assert_str_eq(test_pg_sql(db, "SELECT progress || stage FROM uploads"), "100");
    PQconsumeInput(db);
    PGnotify *n = PQnotifies(db);
    ck_assert_ptr_nonnull(n);
    ck_assert_str_eq(n->extra, "upload_a");
    PQfreemem(n);
    test_pg_sql(db, "UNLISTEN *");
}
END_TEST

START_TEST(parts_are_joined_and_the_files_own_title_is_taken)
{
    struct sg_buf wav = {0};
    test_wav(&wav, 1.5, 2);
    test_wav_title(&wav, "  The File's Own ");
    put((struct test_upload){.id = "upload_b", .parts = 7, .sealed = true}, &wav);
    put_wav((struct test_upload){.id = "upload_c", .parts = 1}, 1.2, 3);
    sg_buf_free(&wav);
    ck_assert_str_eq(end_of("upload_b"), "ready");
    ck_assert_str_eq(end_of("upload_c"), "ready");
    ck_assert_str_eq(test_pg_sql(db,
                                 "SELECT string_agg(s.title, '|' ORDER BY upload_id) FROM songs "
                                 "s JOIN uploads u USING (song_id) WHERE upload_id IN "
                                 "('upload_b', 'upload_c')"),
                     "The File's Own|some file");
    ck_assert_int_eq(originals_of("upload_b"), 0);
}
END_TEST

START_TEST(a_file_that_is_no_sound_is_refused_with_its_reason)
{
    struct sg_buf text = {0};
    int before = objects_below("audio/");
    for (int i = 0; i < 500; i++)
        sg_buf_puts(&text, "This is no recording. ");
    put((struct test_upload){.id = "upload_d", .sealed = true}, &text);
    sg_buf_free(&text);
    ck_assert_str_eq(end_of("upload_d"), "refused");
    ck_assert_str_eq(test_pg_sql(db, "SELECT reason || (length(error) > 5) || coalesce(song_id, 0) "
                                     "FROM uploads WHERE upload_id = 'upload_d'"),
                     "unsupportedtrue0");
    ck_assert_str_eq(test_pg_sql(db, "SELECT status FROM jobs WHERE payload->>'upload_id' = "
                                     "'upload_d'"),
                     "done");
    ck_assert_int_eq(originals_of("upload_d"), 0);
    ck_assert_int_eq(objects_below("audio/"), before);
    ck_assert(scratch_is_empty());
}
END_TEST

START_TEST(another_artists_recording_is_refused_and_ones_own_is_noted)
{
    put_wav((struct test_upload){.id = "upload_i", .title = "Mine"}, 9, 8);
    ck_assert_str_eq(end_of("upload_i"), "ready");
    put_wav((struct test_upload){.id = "upload_j", .artist_id = 2}, 9, 8);
    ck_assert_str_eq(end_of("upload_j"), "refused");
    put_wav((struct test_upload){.id = "upload_k"}, 9, 8);
    ck_assert_str_eq(end_of("upload_k"), "ready");
    put_wav((struct test_upload){.id = "upload_l", .artist_id = 2}, 9, 9);
    ck_assert_str_eq(end_of("upload_l"), "ready");
    ck_assert_str_eq(
        test_pg_sql(db, "SELECT string_agg(coalesce(u.reason, '-') || (SELECT s.title FROM songs s "
                        "WHERE s.song_id = u.duplicate_of), ' ' ORDER BY upload_id) FROM uploads u "
                        "WHERE duplicate_of IS NOT NULL"),
        "duplicateMine -Mine");
    ck_assert_str_eq(test_pg_sql(db, "SELECT error FROM uploads WHERE upload_id = 'upload_j'"),
                     "The recording is \"Mine\" by A.");
}
END_TEST

/* Nothing is published until that connection ends. A worker waits for 20 s, and tries again. */
static PGconn *hold_publishing(void)
{
    PGconn *other = test_pg_connect(pg);
    test_pg_sql(other, "BEGIN");
    test_pg_sql(other, "SELECT " ENCODE_PUBLISH_LOCK);
    return other;
}

static bool two_wait_to_publish(void)
{
    for (int i = 0; i < WAITS; i++) {
        if (*test_pg_sql(db, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT "
                             "granted") == '2')
            return true;
        sg_sleep_us(20000);
    }
    return false;
}

START_TEST(of_two_artists_with_one_recording_at_once_one_is_told_so)
{
    PGconn *other = hold_publishing();
    put_wav((struct test_upload){.id = "upload_once_1", .title = "Once", .attempts = 100}, 9, 51);
    put_wav(
        (struct test_upload){
            .id = "upload_once_2", .title = "Once", .artist_id = 2, .attempts = 100},
        9, 51);
    ck_assert(two_wait_to_publish()); /* neither saw the other's before */
    PQfinish(other);
    end_of("upload_once_1");
    end_of("upload_once_2");
    ck_assert_str_eq(test_pg_sql(db, "SELECT string_agg(status || coalesce(reason, ''), ' ' ORDER "
                                     "BY status) FROM uploads WHERE upload_id LIKE "
                                     "'upload_once%%'"),
                     "ready refusedduplicate");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM songs WHERE title = 'Once'"), "1");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM uploads u JOIN uploads v ON "
                                     "u.duplicate_of = v.song_id WHERE u.upload_id LIKE "
                                     "'upload_once%%' AND v.upload_id LIKE 'upload_once%%'"),
                     "1");
    ck_assert(scratch_is_empty());
}
END_TEST

/* A FLAC of a WAV with a picture and tags, made by ffmpeg. */
static void put_tagged(struct test_upload u, unsigned seed, const char *picture, const char *tags)
{
    char command[900];
    struct sg_buf wav = {0}, flac = {0};
    test_wav(&wav, 2, seed);
    FILE *f = fopen(test_path(x.dir, "tagged.wav"), "we");
    ck_assert_uint_eq(fwrite(wav.p, 1, wav.n, f), wav.n);
    fclose(f);
    snprintf(command, sizeof command,
             "cd %s && ffmpeg -nostdin -v error -y -i tagged.wav -i %s -map 0 -map 1 -c:v copy "
             "-disposition:v attached_pic %s tagged.flac",
             x.dir, picture, tags);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): paths of our own */
    f = fopen(test_path(x.dir, "tagged.flac"), "re");
    flac.n = fread(sg_buf_reserve(&flac, 4 << 20), 1, 4 << 20, f);
    fclose(f);
    put(u, &flac);
    sg_buf_free(&wav);
    sg_buf_free(&flac);
}

/* Below the scratch folder: a JPEG, a PNG, and the front of the JPEG. */
static void put_pictures(void)
{
    char command[900];
    snprintf(command, sizeof command,
             "mkdir -p %s/var/covers && cd %s && cp %s/tests/integration/pictures/plain.jpg . && "
             "head -c 1000 plain.jpg >broken.jpg && ffmpeg -nostdin -v error -y -i plain.jpg "
             "still.png",
             x.dir, x.dir, test_source_dir());
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): paths of our own */
}

static const char *albums(void)
{
    return test_pg_sql(db,
                       "SELECT coalesce(string_agg(title || '|' || coalesce(release_date::text, "
                       "'-') || '|' || (cover_art_url IS NOT NULL) || '|' || (SELECT count(*) "
                       "FROM songs s WHERE s.album_id = a.album_id), ' ' ORDER BY album_id), "
                       "'none') FROM albums a");
}

START_TEST(the_cover_in_a_file_becomes_its_albums)
{
    put_pictures();
    test_pg_sql(db, "INSERT INTO albums (artist_id, title) VALUES (1, 'Twice'), (1, 'Twice')");
    put_tagged((struct test_upload){.id = "upload_cover_a"}, 31, "plain.jpg",
               "-metadata album='New One' -metadata date=1999");
    ck_assert_str_eq(end_of("upload_cover_a"), "ready");
    ck_assert_str_eq(albums(), "Twice|-|false|0 Twice|-|false|0 New One|1999-01-01|true|1");
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM albums a JOIN picture_uses u USING "
                                     "(album_id) JOIN pictures USING (hash) WHERE cover_art_url = "
                                     "'/covers/' || hash || '/640.jpg'"),
                     "1");
    char path[300], first[100];
    snprintf(first, sizeof first, "%s", test_pg_sql(db, "SELECT hash FROM picture_uses"));
    snprintf(path, sizeof path, "%s/var/covers/%.2s/%s/640.webp", x.dir, first, first);
    ck_assert_int_eq(access(path, R_OK), 0);
    /* by the same name the next song is on it, and its cover stays */
    put_tagged((struct test_upload){.id = "upload_cover_b"}, 32, "still.png",
               "-metadata album='nEW one'");
    ck_assert_str_eq(end_of("upload_cover_b"), "ready");
    ck_assert_str_eq(test_pg_sql(db, "SELECT hash FROM picture_uses"), first);
    /* of two nobody can tell; a sampler's is not hers; no album is none */
    put_tagged((struct test_upload){.id = "upload_cover_c"}, 33, "plain.jpg",
               "-metadata album=Twice");
    put_tagged((struct test_upload){.id = "upload_cover_d"}, 34, "plain.jpg",
               "-metadata album=Hits -metadata artist=A -metadata album_artist=Various");
    put_tagged((struct test_upload){.id = "upload_cover_e"}, 35, "plain.jpg", "");
    ck_assert_str_eq(end_of("upload_cover_c"), "ready");
    ck_assert_str_eq(end_of("upload_cover_d"), "ready");
    ck_assert_str_eq(end_of("upload_cover_e"), "ready");
    ck_assert_str_eq(albums(), "Twice|-|false|0 Twice|-|false|0 New One|1999-01-01|true|2");
    ck_assert_str_eq(
        test_pg_sql(db, "SELECT count(*) FROM asset_files WHERE path LIKE '%%cover%%'"), "0");
    /* songs on no album have it themselves */
    ck_assert_str_eq(test_pg_sql(db,
                                 "SELECT count(*) || ' ' || count(s.album_id) FROM songs s JOIN "
                                 "picture_uses u USING (song_id) WHERE cover_art_url = "
                                 "'/covers/' || hash || '/640.jpg'"),
                     "3 0");
}
END_TEST

START_TEST(a_cover_that_cannot_be_decoded_fails_no_upload)
{
    int before = objects_below("audio/");
    put_tagged((struct test_upload){.id = "upload_cover_f"}, 36, "broken.jpg",
               "-metadata album=Broken");
    ck_assert_str_eq(end_of("upload_cover_f"), "ready");
    ck_assert_str_eq(test_pg_sql(db, "SELECT cover_art_url IS NULL FROM albums WHERE title = "
                                     "'Broken'"),
                     "t");
    ck_assert(test_logged(&x, "segue-worker", "a file's cover is left out"));
    ck_assert_int_gt(objects_below("audio/"), before);
    ck_assert(scratch_is_empty());
    char command[300];
    snprintf(command, sizeof command, "test -z \"$(ls %s/var/covers/new)\"", x.dir);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): paths of our own */
}
END_TEST

/* A rendition of an upload's song, as it leaves the store. */
static void fetch_rendition(const char *upload, const char *path, const char *to)
{
    char asset[40], object[300];
    unsigned char key[SG_CONTENT_KEY];
    size_t n = 0;
    snprintf(asset, sizeof asset, "%s",
             test_pg_sql(db, "SELECT asset_id FROM uploads WHERE upload_id = '%s'", upload));
    const char *hex =
        test_pg_sql(db, "SELECT content_key FROM assets WHERE asset_id = '%s'", asset);
    unsigned char *wrapped = PQunescapeBytea((const unsigned char *)hex, &n);
    ck_assert_int_eq(sg_vault_unwrap(vault, (struct sg_str){(char *)wrapped, n}, key, &e), 0);
    PQfreemem(wrapped);
    snprintf(object, sizeof object, "audio/%s/%s", asset, path);
    FILE *f = fopen(test_path(x.dir, to), "we");
    ck_assert_int_eq(sg_objects_fetch(objects, object, key, fileno(f), NULL, &e), 0);
    fclose(f);
}

/* What ffmpeg's ebur128 measures last, "I:" or "Peak:". */
static double measured(const char *file, const char *what)
{
    char command[500];
    double v = 0;
    snprintf(command, sizeof command,
             "ffmpeg -nostdin -i %s/%s -af ebur128=peak=true -f null - 2>&1 | grep '^ *%s' | tail "
             "-1 | tr -dc '0-9.-'",
             x.dir, file, what);
    FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c): paths of our own */
    ck_assert_int_eq(fscanf(f, "%lf", &v), 1);
    pclose(f);
    return v;
}

START_TEST(the_loudness_of_a_downmix_is_told_beside_the_originals)
{
    char command[900], ours[100];
    struct sg_buf wav = {0};
    double original, mixed, peak;
    snprintf(command, sizeof command,
             "cd %s && ffmpeg -nostdin -v error -y -f lavfi -i 'aevalsrc=0.1*sin(440*2*PI*t)|"
             "0.1*sin(554*2*PI*t)|0.6*sin(659*2*PI*t)|0.1*sin(60*2*PI*t)|0.1*sin(880*2*PI*t)|"
             "0.1*sin(988*2*PI*t):c=5.1:s=44100:d=6' -c:a pcm_s16le six.wav",
             x.dir);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): paths of our own */
    FILE *f = fopen(test_path(x.dir, "six.wav"), "re");
    wav.n = fread(sg_buf_reserve(&wav, 4 << 20), 1, 4 << 20, f);
    fclose(f);
    put((struct test_upload){.id = "upload_six"}, &wav);
    sg_buf_free(&wav);
    ck_assert_str_eq(end_of("upload_six"), "ready");
    snprintf(ours, sizeof ours, "%s",
             test_pg_sql(db, "SELECT a.loudness || ' ' || loudness_stereo || ' ' || "
                             "true_peak_stereo FROM assets a JOIN uploads USING (asset_id) WHERE "
                             "upload_id = 'upload_six'"));
    ck_assert_int_eq(sscanf(ours, "%lf %lf %lf", &original, &mixed, &peak), 3);
    ck_assert_double_eq_tol(original, measured("six.wav", "I:"), 0.5);
    ck_assert_double_gt(original, mixed + 3);
    fetch_rendition("upload_six", "f/aac128.mp4", "six.mp4");
    ck_assert_double_eq_tol(mixed, measured("six.mp4", "I:"), 0.5);
    ck_assert_double_eq_tol(peak, measured("six.mp4", "Peak:"), 2); /* codecs overshoot */
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM assets WHERE channels = 2 AND "
                                     "true_peak_stereo IS NOT NULL"),
                     "0");
}
END_TEST

static int read_facts(struct sg_str json, struct sg_arena *a, void *out, struct sg_error *err)
{
    return sg_audio_facts_read(json, a, out, err);
}

/* As in a container that refuses it: the list of system calls alone holds. */
static int prepare_without_landlock(void)
{
    char path[200], out[200];
    struct sg_buf wav = {0}, job = {0};
    struct sg_arena a = {0};
    struct sg_asset asset;
    struct sg_audio_facts facts;
    struct sg_audio_verdict why;
    struct sg_error err = SG_ERROR_INIT;
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
    if (!f || seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), 444, 0) || seccomp_load(f))
        return 2;
    seccomp_release(f);
    test_wav(&wav, 5, 1);
    snprintf(path, sizeof path, "%s/bare.wav", x.dir);
    snprintf(out, sizeof out, "%s/bare", x.dir);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || write(fd, wav.p, wav.n) != (ssize_t)wav.n || mkdir(out, 0700) ||
        sg_asset_new(&asset, vault, &config, &err) || sg_asset_job(&asset, &config, &job, &err))
        return 3;
    struct sg_audio_child child = {.program = test_program("segue-audio"),
                                   .command = "prepare",
                                   .out_dir = out,
                                   .input = fd,
                                   .job = sg_buf_str(&job),
                                   .wall_s = 200};
    int rc = sg_audio_child_run(&child, read_facts, &facts, &a, &why, &err);
    if (rc)
        fprintf(stderr, "%s\n", err.text);
    return rc ? 1 : facts.files.n < 6 ? 4 : 0;
}

START_TEST(renditions_are_made_where_the_kernel_has_no_landlock)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(prepare_without_landlock());
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(an_original_that_was_damaged_is_a_dead_letter_that_can_be_retried)
{
    put_wav((struct test_upload){.id = "upload_e", .damaged = true}, 1, 4);
    ck_assert_str_eq(test_pg_sql(db, "UPDATE jobs SET max_attempts = 2 WHERE payload->>'upload_id' "
                                     "= 'upload_e' RETURNING job_id > 0"),
                     "t");
    ck_assert_str_eq(end_of("upload_e"), "failed");
    ck_assert_str_eq(test_pg_sql(db, "SELECT reason FROM uploads WHERE upload_id = 'upload_e'"),
                     "processing-failed");
    ck_assert(scratch_is_empty());
    ck_assert_int_eq(objects_below("uploads/upload_e/"), 1); /* it is not given up */
    char job[24], command[500];
    snprintf(job, sizeof job, "%s",
             test_pg_sql(db, "SELECT job_id FROM jobs WHERE status = 'failed'"));
    snprintf(command, sizeof command,
             "%s --config %s jobs list | grep -q '^%s.*upload_e.*not what was received'",
             test_program("segue-worker"), x.conf, job);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): paths of our own */
    /* what lies there is mended */
    struct sg_buf wav = {0};
    struct sg_object_put *again;
    test_wav(&wav, 1, 4);
    ck_assert_int_eq(
        sg_objects_put(objects, "uploads/upload_e/original", "audio/wav", NULL, 0, &again, &e), 0);
    ck_assert_int_eq(sg_object_write(again, sg_buf_str(&wav), &e), 0);
    ck_assert_int_eq(sg_object_commit(again, NULL, &e), 0);
    sg_buf_free(&wav);
    snprintf(command, sizeof command, "%s --config %s jobs retry %s >/dev/null",
             test_program("segue-worker"), x.conf, job);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): paths of our own */
    ck_assert_str_eq(end_of("upload_e"), "ready");
}
END_TEST

/* A decoder that its file has taken over: the worker's own program beside one that lies. */
static void start_deceived(const char *lie)
{
    char command[900], program[100], log[100];
    snprintf(command, sizeof command,
             "mkdir -p %s/bin && cp %s %s/bin/ && cat >%s/bin/segue-audio <<'TXT' && chmod +x "
             "%s/bin/segue-audio\n#!/bin/sh\necho x >\"$2/a.mp4\"\necho '%s'\nTXT\n",
             x.dir, test_program("segue-worker"), x.dir, x.dir, x.dir, lie);
    ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c): paths of our own */
    snprintf(program, sizeof program, "%s/bin/segue-worker", x.dir);
    snprintf(log, sizeof log, "%s/deceived", x.dir);
    worker =
        test_spawn((const char *const[]){program, "--config", x.conf, "serve", NULL}, log, SIGKILL);
}

#define LIE(path, sha)                                                                             \
    "{\"container\":\"wav\",\"codec\":\"pcm_s16le\",\"sample_rate\":44100,\"channels\":2,"         \
    "\"duration_ms\":1000,\"samples\":44100,\"true_peak\":-1,\"features\":[0,0,0,0,0,0,0,0,0,0,0," \
    "0,"                                                                                           \
    "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],\"files\":[{"        \
    "\"path\":\"" path "\",\"bytes\":2,\"content_type\":\"audio/mp4\",\"sealed\":true,"            \
    "\"sha256\":\"" sha "\"}]}"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define OF_X  "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"

START_TEST(a_decoder_that_lies_publishes_nothing)
{
    const char *const lies[] = {LIE("a.mp4", ZEROS), LIE("../original", OF_X), "{}", ""};
    int before = objects_below("audio/");
    ck_assert_int_eq(stop_worker(SIGTERM), 0);
    for (int i = 0; i < 4; i++) {
        char id[24];
        snprintf(id, sizeof id, "upload_lie_%d", i);
        start_deceived(lies[i]);
        put_wav((struct test_upload){.id = id, .attempts = 1}, 1, 10);
        ck_assert_str_eq(end_of(id), "failed");
        ck_assert_int_eq(stop_worker(SIGTERM), 0);
    }
    start_deceived(LIE("a.mp4", OF_X)); /* that it was the lies which failed */
    put_wav((struct test_upload){.id = "upload_truth", .attempts = 1}, 1, 10);
    ck_assert_str_eq(end_of("upload_truth"), "ready");
    ck_assert_int_eq(stop_worker(SIGTERM), 0);
    ck_assert_int_eq(objects_below("audio/"), before + 2); /* one of a lie, for the sweep */
    ck_assert(scratch_is_empty());
    start_worker();
}
END_TEST

START_TEST(what_was_cancelled_is_not_published)
{
    ck_assert_int_eq(stop_worker(SIGTERM), 0);
    put_wav((struct test_upload){.id = "upload_f"}, 1, 5);
    test_pg_sql(db, "UPDATE uploads SET status = 'cancelled' WHERE upload_id = 'upload_f'");
    start_worker();
    for (int i = 0; i < WAITS && strcmp(test_pg_sql(db, "SELECT status FROM jobs WHERE "
                                                        "payload->>'upload_id' = 'upload_f'"),
                                        "done");
         i++)
        sg_sleep_us(20000);
    ck_assert_str_eq(test_pg_sql(db, "SELECT status || coalesce(song_id, 0) FROM uploads WHERE "
                                     "upload_id = 'upload_f'"),
                     "cancelled0");
}
END_TEST

START_TEST(a_worker_that_is_asked_to_stop_gives_back_its_job)
{
    PGconn *other = hold_publishing(); /* else it might be done by the time it is asked */
    put_wav((struct test_upload){.id = "upload_g", .attempts = 100}, 120, 6);
    for (int i = 0; i < WAITS && strcmp(test_pg_sql(db, "SELECT status FROM uploads WHERE "
                                                        "upload_id = 'upload_g' AND progress > 5"),
                                        "processing");
         i++)
        sg_sleep_us(20000);
    ck_assert_int_eq(stop_worker(SIGTERM), 0);
    PQfinish(other);
    const char *left = test_pg_sql(db, "SELECT status || attempts FROM jobs WHERE "
                                       "payload->>'upload_id' = 'upload_g'");
    if (test_logged(&x, "segue-worker", "a job failed")) /* it came as far as that lock, in vain */
        ck_assert_int_eq(strncmp(left, "queued", 6), 0);
    else
        ck_assert_str_eq(left, "queued0");
    ck_assert(scratch_is_empty());
    test_pg_sql(db, "DELETE FROM jobs WHERE payload->>'upload_id' = 'upload_g'");
    start_worker();
}
END_TEST

/* By a kill no thread of it ends orderly. */
START_TEST(a_killed_workers_scratch_and_lease_go_to_the_next)
{
    PGconn *other = hold_publishing(); /* else it might be done by the time it is killed */
    put_wav((struct test_upload){.id = "upload_h"}, 20, 7);
    for (int i = 0; i < WAITS && !scratch_folders(); i++)
        sg_sleep_us(5000);
    stop_worker(SIGKILL);
    PQfinish(other);
    ck_assert_int_gt(scratch_folders(), 0);
    const char *unlocked = test_path(x.dir, "var/scratch/killed-before-it-was-locked");
    ck_assert_int_eq(mkdir(unlocked, 0700), 0);
    test_pg_sql(db, "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE status = "
                    "'running'");
    start_worker();
    ck_assert_int_eq(access(unlocked, F_OK), -1);
    ck_assert_str_eq(end_of("upload_h"), "ready");
    ck_assert_str_eq(test_pg_sql(db, "SELECT status || attempts FROM jobs WHERE "
                                     "payload->>'upload_id' = 'upload_h'"),
                     "done2");
    ck_assert_int_eq(originals_of("upload_h"), 0);
    ck_assert(scratch_is_empty());
    ck_assert_str_eq(test_pg_sql(db, "SELECT count(*) FROM songs WHERE song_id IN (SELECT song_id "
                                     "FROM uploads WHERE upload_id = 'upload_h')"),
                     "1");
}
END_TEST

static void setup(void)
{
    pg = test_pg_start_migrated(NULL);
    test_indexer_init(&x, pg, NULL, "worker.lease_s = 3600\nworker.retry_s = 1\nworker.jobs = 2\n");
    test_indexer_config(&x, &config);
    db = test_pg_connect(pg);
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) VALUES (1, 'a@b.c', 'A'), "
                    "(2, 'b@b.c', 'B')");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name, user_id) VALUES (1, 'A', 1), "
                    "(2, 'B', 2)");
    start_worker();
    ck_assert_msg(sg_objects_open(&objects, &config, &e) == 0, "%s", e.text);
    ck_assert_msg(sg_vault_open(&vault, &config, &e) == 0, "%s", e.text);
}

static void teardown(void)
{
    ck_assert_int_eq(stop_worker(SIGTERM), 0);
    sg_vault_close(vault);
    sg_objects_close(objects);
    PQfinish(db);
}

int main(void)
{
    Suite *s = suite_create("worker");
    TCase *t = tcase_create("uploads");
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, an_upload_becomes_a_song_that_plays);
    tcase_add_test(t, parts_are_joined_and_the_files_own_title_is_taken);
    tcase_add_test(t, a_file_that_is_no_sound_is_refused_with_its_reason);
    tcase_add_test(t, another_artists_recording_is_refused_and_ones_own_is_noted);
    tcase_add_test(t, of_two_artists_with_one_recording_at_once_one_is_told_so);
    tcase_add_test(t, the_cover_in_a_file_becomes_its_albums);
    tcase_add_test(t, a_cover_that_cannot_be_decoded_fails_no_upload);
    tcase_add_test(t, the_loudness_of_a_downmix_is_told_beside_the_originals);
    tcase_add_test(t, renditions_are_made_where_the_kernel_has_no_landlock);
    tcase_add_test(t, an_original_that_was_damaged_is_a_dead_letter_that_can_be_retried);
    tcase_add_test(t, a_decoder_that_lies_publishes_nothing);
    tcase_add_test(t, what_was_cancelled_is_not_published);
    tcase_add_test(t, a_worker_that_is_asked_to_stop_gives_back_its_job);
    tcase_add_test(t, a_killed_workers_scratch_and_lease_go_to_the_next);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_set_fork_status(r, CK_NOFORK);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
