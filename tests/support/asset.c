/* asset.c - see asset.h. */
#include "tests/support/asset.h"
#include "core/digest.h"
#include "core/uuid.h"
#include "core/vault/vault.h"
#include "tests/support/pg.h"
#include <stdio.h>
#include <stdlib.h>

static void must(int rc, const struct sg_error *e)
{
    if (rc) {
        fprintf(stderr, "a recording for tests: %s\n", e->text);
        exit(1);
    }
}

static void rows(PGconn *db, uint64_t song_id, const char *asset, const char *wrapped_hex)
{
    test_pg_sql(db,
                "INSERT INTO assets (asset_id, content_key, duration_ms, sample_rate, channels, "
                "codec, loudness, true_peak, features, fingerprint, fingerprint_terms) VALUES "
                "('%s', decode(nullif('%s', ''), 'hex'), 200000, 44100, 2, 'flac', -14.5, -1, "
                "'{}', '', '{}')",
                asset, wrapped_hex);
    test_pg_sql(
        db,
        "INSERT INTO asset_files (asset_id, path, bytes, content_type, sealed, codec, bitrate, "
        "sha256) SELECT '%s', path, bytes, type, path LIKE 'f/aac%%', codec, bitrate, "
        "sha256(path::bytea) FROM (VALUES ('f/aac64.mp4', 1600000, 'audio/mp4', 'aac', 64000), "
        "('f/aac128.mp4', 3200000, 'audio/mp4', 'aac', 128000), "
        "('p/aac320.mp4', 8000000, 'audio/mp4', 'aac', 320000), "
        "('p/flac.mp4', 20000000, 'audio/mp4', 'flac', 900000), "
        "('f/waveform.json', 900, 'application/json', NULL, NULL), "
        "('manifest.mpd', 4000, 'application/dash+xml', NULL, NULL)) "
        "f (path, bytes, type, codec, bitrate)",
        asset);
    test_pg_sql(db,
                "INSERT INTO song_audio (song_id, asset_id) VALUES (%llu, '%s') ON CONFLICT "
                "(song_id) DO UPDATE SET asset_id = excluded.asset_id",
                (unsigned long long)song_id, asset);
}

static void new_id(char asset[TEST_ASSET_CHARS + 1])
{
    unsigned char id[16];
    sg_uuid_make(id);
    sg_uuid_text(id, asset);
}

void test_asset_put(PGconn *db, const struct sg_config *c, uint64_t song_id,
                    char asset[TEST_ASSET_CHARS + 1], unsigned char key[16])
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_vault *vault;
    struct sg_buf wrapped = {0};
    unsigned char content[SG_CONTENT_KEY];
    char hex[2 * SG_WRAPPED_BYTES + 1];
    must(sg_vault_open(&vault, c, &e), &e);
    must(sg_vault_new_key(vault, content, &wrapped, &e), &e);
    sg_vault_close(vault);
    sg_hex((const unsigned char *)wrapped.p, wrapped.n, hex);
    sg_buf_free(&wrapped);
    if (key)
        must(sg_content_key(content, "cenc", key, 16), &e);
    new_id(asset);
    rows(db, song_id, asset, hex);
}

void test_asset_put_clear(PGconn *db, uint64_t song_id, char asset[TEST_ASSET_CHARS + 1])
{
    new_id(asset);
    rows(db, song_id, asset, "");
}
