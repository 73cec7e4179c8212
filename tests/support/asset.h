/* asset.h - recordings as the pipeline leaves them in the database, for tests of who may play
 * what: their keys are real ones of the vault, their files are rows alone. */
#pragma once
#include "core/config.h"
#include <libpq-fe.h>
#include <stdint.h>

#define TEST_ASSET_CHARS 36

/* The song's recording: renditions of every quality, those for premium protected. c: the
 * API's, whose vault wraps the key. asset: its id as text. key: what a player is to get, 16 bytes
 * ("cenc"); may be NULL. */
void test_asset_put(PGconn *db, const struct sg_config *c, uint64_t song_id,
                    char asset[TEST_ASSET_CHARS + 1], unsigned char key[16]);
/* The same without a key: nothing of it is protected. */
void test_asset_put_clear(PGconn *db, uint64_t song_id, char asset[TEST_ASSET_CHARS + 1]);
