/* refresh_token.c - see refresh_token.h. */
#include "api/accounts/refresh_token.h"
#include "api/accounts/jws.h"
#include "core/digest.h"
#include <sodium.h>

#define PREFIX     "sgr_"
#define HEAD_BYTES (16 + SG_REFRESH_SECRET)
#define ALL_BYTES  (HEAD_BYTES + SG_REFRESH_MAC)
#define CHARS      (ALL_BYTES / 3 * 4 + (ALL_BYTES % 3 ? ALL_BYTES % 3 + 1 : 0))

static void put_u64(unsigned char *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(v >> (56 - 8 * i));
}

static uint64_t get_u64(const unsigned char *p)
{
    uint64_t v = 0;
    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

static void head_of(const struct sg_refresh_token *t, unsigned char out[HEAD_BYTES])
{
    put_u64(out, t->session_id);
    put_u64(out + 8, t->generation);
    memcpy(out + 16, t->secret, SG_REFRESH_SECRET);
}

static void mac_of(const struct sg_refresh_token *t, const unsigned char key[32],
                   unsigned char out[SG_REFRESH_MAC])
{
    unsigned char head[HEAD_BYTES], mac[SG_SHA256_BYTES];
    head_of(t, head);
    sg_hmac_sha256((struct sg_str){(const char *)key, 32},
                   (struct sg_str){(const char *)head, sizeof head}, mac);
    memcpy(out, mac, SG_REFRESH_MAC);
}

bool sg_refresh_token_read(struct sg_str text, struct sg_refresh_token *out)
{
    struct sg_arena a = {0};
    if (text.n != sizeof PREFIX - 1 + CHARS || !sg_str_starts(text, SG_STR(PREFIX)))
        return false;
    struct sg_str bytes = sg_base64url_read(
        (struct sg_str){text.p + sizeof PREFIX - 1, text.n - sizeof PREFIX + 1}, &a);
    const unsigned char *p = (const unsigned char *)bytes.p;
    bool whole = bytes.p && bytes.n == ALL_BYTES;
    if (whole) {
        out->session_id = get_u64(p);
        out->generation = get_u64(p + 8);
        memcpy(out->secret, p + 16, SG_REFRESH_SECRET);
        memcpy(out->mac, p + HEAD_BYTES, SG_REFRESH_MAC);
    }
    sg_arena_free(&a);
    return whole && out->session_id && out->session_id <= INT64_MAX && out->generation <= INT64_MAX;
}

void sg_refresh_token_write(struct sg_refresh_token *t, const unsigned char key[32],
                            struct sg_buf *out)
{
    unsigned char all[ALL_BYTES];
    mac_of(t, key, t->mac);
    head_of(t, all);
    memcpy(all + HEAD_BYTES, t->mac, SG_REFRESH_MAC);
    sg_buf_puts(out, PREFIX);
    sg_base64url_put(out, all, sizeof all);
}

bool sg_refresh_token_genuine(const struct sg_refresh_token *t, const unsigned char key[32])
{
    unsigned char mac[SG_REFRESH_MAC];
    mac_of(t, key, mac);
    return sodium_memcmp(mac, t->mac, sizeof mac) == 0;
}

void sg_refresh_token_next(const struct sg_refresh_token *t, const unsigned char salt[32],
                           struct sg_refresh_token *out)
{
    *out = (struct sg_refresh_token){.session_id = t->session_id, .generation = t->generation + 1};
    sg_hmac_sha256((struct sg_str){(const char *)t->secret, sizeof t->secret},
                   (struct sg_str){(const char *)salt, 32}, out->secret);
}
