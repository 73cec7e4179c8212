/* stored.c - see stored.h. */
#include "tests/support/stored.h"
#include "core/digest.h"
#include "core/objects/objects.h"
#include "core/uuid.h"
#include "core/vault/vault.h"
#include "tests/support/pg.h"
#include <stdio.h>
#include <stdlib.h>

const struct test_stored_file test_stored_files[] = {
    {"f/aac64.mp4", "audio/mp4", "aac", 69000, 300000, true},
    {"f/aac128.mp4", "audio/mp4", "aac", 145000, 600000, true},
    {"f/opus96.mp4", "audio/mp4", "opus", 104000, 450000, true},
    {"f/vorbis.ogg", "audio/ogg", "vorbis", 128000, 590000, true},
    {"f/waveform.json", "application/json", NULL, 0, 900, false},
    {"f/master.m3u8", "application/vnd.apple.mpegurl", NULL, 0, 700, false},
    {"f/manifest.mpd", "application/dash+xml", NULL, 0, 1200, false},
    {"p/aac320.mp4", "audio/mp4", "aac", 356000, 1500000, false},
    {"p/opus160.mp4", "audio/mp4", "opus", 158000, 750000, false},
    {"p/flac.mp4", "audio/mp4", "flac", 900000, 2000000, false},
    {"p/aac320.hls.mp4", "audio/mp4", NULL, 0, 1500000, false},
    {"p/hls.m3u8", "application/vnd.apple.mpegurl", NULL, 0, 800, false},
    {"master.m3u8", "application/vnd.apple.mpegurl", NULL, 0, 900, false},
    {"manifest.mpd", "application/dash+xml", NULL, 0, 1500, false},
    {"f/cover.jpg", "image/jpeg", NULL, 0, 4000, false}, /* as workers once stored it */
    {0},
};

unsigned char test_stored_byte(const char *path, size_t i)
{
    size_t seed = strlen(path);
    for (const char *p = path; *p; p++)
        seed = seed * 31 + (unsigned char)*p;
    return (unsigned char)((i + seed) * 2654435761u >> 11);
}

static void must(int rc, const struct sg_error *e)
{
    if (rc) {
        fprintf(stderr, "a recording for tests: %s\n", e->text);
        exit(1);
    }
}

static void put_file(const struct test_stored *a, struct sg_objects *o, PGconn *db,
                     const struct test_stored_file *f, bool seals)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_object_put *p;
    struct sg_object_info info;
    char key[300], hash[2 * SG_SHA256_BYTES + 1], codec[40] = "NULL, NULL";
    bool sealed = seals && f->sealed;
    char *bytes = malloc(f->bytes);
    for (size_t i = 0; bytes && i < f->bytes; i++)
        bytes[i] = (char)test_stored_byte(f->path, i);
    snprintf(key, sizeof key, "audio/%s/%s", a->id, f->path);
    must(sg_objects_put(o, key, f->content_type, sealed ? a->key : NULL, 0, &p, &e), &e);
    must(sg_object_write(p, (struct sg_str){bytes, f->bytes}, &e), &e);
    must(sg_object_commit(p, &info, &e), &e);
    free(bytes);
    sg_hex(info.sha256, SG_SHA256_BYTES, hash);
    if (f->codec)
        snprintf(codec, sizeof codec, "'%s', %d", f->codec, f->bitrate);
    test_pg_sql(db,
                "INSERT INTO asset_files (asset_id, path, bytes, content_type, sealed, codec, "
                "bitrate, sha256) VALUES ('%s', '%s', %zu, '%s', %s, %s, '\\x%s')",
                a->id, f->path, f->bytes, f->content_type, sealed ? "true" : "false", codec, hash);
}

void test_stored_make(struct test_stored *a, const struct sg_config *c, PGconn *db,
                      uint64_t song_id, bool seals)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_vault *vault;
    struct sg_objects *objects;
    struct sg_buf wrapped = {0};
    unsigned char id[16];
    char hex[2 * SG_WRAPPED_BYTES + 1];
    sg_uuid_make(id);
    sg_uuid_text(id, a->id);
    must(sg_vault_open(&vault, c, &e), &e);
    must(sg_objects_open(&objects, c, &e), &e);
    must(sg_vault_new_key(vault, a->key, &wrapped, &e), &e);
    sg_hex((const unsigned char *)wrapped.p, SG_WRAPPED_BYTES, hex);
    test_pg_sql(db,
                "INSERT INTO assets (asset_id, content_key, duration_ms, sample_rate, channels, "
                "codec, loudness, true_peak, features, fingerprint, fingerprint_terms) VALUES "
                "('%s', '\\x%s', 37500, 44100, 2, 'flac', -9.5, -0.3, '{}', '', '{}')",
                a->id, hex);
    for (const struct test_stored_file *f = test_stored_files; f->path; f++)
        put_file(a, objects, db, f, seals);
    if (song_id)
        test_pg_sql(db, "INSERT INTO song_audio (song_id, asset_id) VALUES (%llu, '%s')",
                    (unsigned long long)song_id, a->id);
    sg_buf_free(&wrapped);
    sg_objects_close(objects);
    sg_vault_close(vault);
}
