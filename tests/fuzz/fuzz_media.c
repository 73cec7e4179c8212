/* fuzz_media.c - any bytes as the token of a media address, as its path, and a token that is signed
 * for one thing with any other path.
 *
 *   u8 which | bytes
 */
#include "api/playback/token.h"
#include "tests/support/scratch.h"
#include <stdio.h>
#include <stdlib.h>

#define NOW 1800000000

static struct sg_config config;
static struct sg_media_keys *keys;
static const unsigned char asset[16] = {1,    2,  3,  4,  5,  6,  0x70, 8,
                                        0x80, 10, 11, 12, 13, 14, 15,   16};
static char plain[SG_MEDIA_TOKEN_CHARS + 1], premium[SG_MEDIA_TOKEN_CHARS + 1];

static void open_keys(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_media_token t = {1, 2, 3, NOW + 100, false};
    if (keys)
        return;
    sg_config_defaults(&config);
    snprintf(config.var_dir, sizeof config.var_dir, "%s", test_scratch());
    if (sg_media_keys_open(&keys, &config, &e))
        abort();
    sg_media_sign(keys, &t, asset, plain);
    t.premium = true;
    sg_media_sign(keys, &t, asset, premium);
}

static bool is_good(struct sg_str token, struct sg_str path)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_media_token t;
    int rc = sg_media_verify(keys, token, asset, path, NOW, &t, &e);
    if (rc && (rc != SG_EPERM || !e.kind))
        abort();
    return !rc;
}

/* What is good stays below its folder, whoever reads it. */
static void judge_path(struct sg_str path)
{
    bool all = is_good(sg_str(premium), path), some = is_good(sg_str(plain), path);
    if (all != sg_media_path_ok(path) || some != (all && sg_str_starts(path, SG_STR("f/"))))
        abort();
    if (!all)
        return;
    if (path.p[0] == '/' || path.p[0] == '.' || memmem(path.p, path.n, "..", 2) != NULL)
        if (memmem(path.p, path.n, "/.", 2) || path.p[0] == '/' || path.p[0] == '.')
            abort();
    if (memmem(path.p, path.n, "//", 2) || memchr(path.p, 0, path.n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (!n)
        return 0;
    open_keys();
    struct sg_str text = {(const char *)data + 1, n - 1};
    if (data[0] & 1)
        judge_path(text);
    else if (is_good(text, SG_STR("f/aac64.mp4")) && !sg_str_eq(text, sg_str(plain)) &&
             !sg_str_eq(text, sg_str(premium)))
        abort(); /* nobody guesses a signature */
    return 0;
}
