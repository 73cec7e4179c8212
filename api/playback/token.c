/* token.c - see token.h. */
#include "api/playback/token.h"
#include "core/digest.h"
#include "core/uuid.h"
#include <openssl/crypto.h>
#include <sodium.h>
#include <stdio.h>

enum { VERSION = 1, PREMIUM = 1, PREVIEW = 2, SIGNED = 34, MAC = 16, PATH_MAX_BYTES = 200 };

static void put(unsigned char *to, uint64_t v, int n)
{
    for (int i = n; i-- > 0; v >>= 8)
        to[i] = (unsigned char)v;
}

static uint64_t get(const unsigned char *from, int n)
{
    uint64_t v = 0;
    for (int i = 0; i < n; i++)
        v = v << 8 | from[i];
    return v;
}

uint64_t sg_media_of_device(const unsigned char device_id[16])
{
    uint64_t top = UINT64_C(1) << 62;
    return top | (get(device_id + 8, 8) & (top - 1));
}

bool sg_media_is_of_device(uint64_t playback_id)
{
    return playback_id >> 53 != 0;
}

static void mac_of(const struct sg_media_key *key, const unsigned char *head,
                   const unsigned char asset[16], bool premium, unsigned char out[SG_SHA256_BYTES])
{
    static const char purpose[] = "segue media 1";
    char id[SG_UUID_CHARS + 1], text[sizeof purpose + SIGNED + 64];
    size_t n = sizeof purpose - 1;
    memcpy(text, purpose, n);
    memcpy(text + n, head, SIGNED);
    n += SIGNED;
    sg_uuid_text(asset, id);
    n += (size_t)snprintf(text + n, sizeof text - n, "audio/%s/%s", id, premium ? "" : "f/");
    sg_hmac_sha256((struct sg_str){(const char *)key->bytes, SG_MEDIA_KEY},
                   (struct sg_str){text, n}, out);
}

void sg_media_sign(struct sg_media_keys *k, const struct sg_media_token *t,
                   const unsigned char asset[16], char out[SG_MEDIA_TOKEN_CHARS + 1])
{
    unsigned char bytes[SG_MEDIA_TOKEN_BYTES], mac[SG_SHA256_BYTES];
    struct sg_media_key key;
    sg_media_keys_newest(k, &key);
    bytes[0] = VERSION;
    bytes[1] = (unsigned char)((t->premium ? PREMIUM : 0) | (t->preview ? PREVIEW : 0));
    put(bytes + 2, key.id, 4);
    put(bytes + 6, (uint64_t)t->expires_s, 4);
    put(bytes + 10, t->user_id, 8);
    put(bytes + 18, t->session_id, 8);
    put(bytes + 26, t->playback_id, 8);
    mac_of(&key, bytes, asset, t->premium, mac);
    memcpy(bytes + SIGNED, mac, MAC);
    sodium_bin2base64(out, SG_MEDIA_TOKEN_CHARS + 1, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    OPENSSL_cleanse(&key, sizeof key);
    OPENSSL_cleanse(mac, sizeof mac);
}

static int refuse(struct sg_error *e)
{
    return sg_fail_kind(e, SG_EPERM, "media-token", "the address is not signed for this");
}

/* Whether key made its MAC; all of it is compared, whatever differs. */
static bool is_signed(const struct sg_media_key *key, const unsigned char *bytes,
                      const unsigned char asset[16])
{
    unsigned char mac[SG_SHA256_BYTES];
    mac_of(key, bytes, asset, bytes[1] & PREMIUM, mac);
    bool same = CRYPTO_memcmp(mac, bytes + SIGNED, MAC) == 0;
    OPENSSL_cleanse(mac, sizeof mac);
    return same;
}

int sg_media_verify(struct sg_media_keys *k, struct sg_str text, const unsigned char asset[16],
                    struct sg_str path, int64_t now_s, struct sg_media_token *out,
                    struct sg_error *e)
{
    unsigned char bytes[SG_MEDIA_TOKEN_BYTES];
    struct sg_media_key key = {0};
    size_t n;
    if (text.n != SG_MEDIA_TOKEN_CHARS ||
        sodium_base642bin(bytes, sizeof bytes, text.p, text.n, NULL, &n, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
        n != sizeof bytes || bytes[0] != VERSION)
        return refuse(e);
    bool good =
        sg_media_keys_find(k, (uint32_t)get(bytes + 2, 4), &key) && is_signed(&key, bytes, asset);
    OPENSSL_cleanse(&key, sizeof key);
    if (!good || bytes[1] > (PREMIUM | PREVIEW) ||
        !(bytes[1] & PREMIUM || sg_str_starts(path, SG_STR("f/"))) || !sg_media_path_ok(path))
        return refuse(e);
    struct sg_media_token t = {.premium = bytes[1] & PREMIUM,
                               .preview = bytes[1] & PREVIEW,
                               .expires_s = (int64_t)get(bytes + 6, 4),
                               .user_id = get(bytes + 10, 8),
                               .session_id = get(bytes + 18, 8),
                               .playback_id = get(bytes + 26, 8)};
    if (t.expires_s <= now_s)
        return sg_fail_kind(e, SG_EPERM, "media-expired",
                            "the address has expired; ask for another one");
    *out = t;
    return 0;
}

bool sg_media_path_ok(struct sg_str path)
{
    bool begins = true;
    for (size_t i = 0; i < path.n; i++) {
        char c = path.p[i];
        bool letter = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '_' || c == '-';
        if (begins ? !letter : !letter && c != '.' && c != '/')
            return false;
        begins = c == '/';
    }
    return path.n && path.n <= PATH_MAX_BYTES && !begins;
}
