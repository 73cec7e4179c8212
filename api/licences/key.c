/* key.c - see key.h. */
#include "api/licences/key.h"
#include "api/accounts/jws.h"
#include "api/licences/asked.h"
#include "core/vault/vault.h"
#include <sodium.h>

static int unwrap(struct sg_vault *v, struct sg_str hex, unsigned char key[SG_CONTENT_KEY],
                  struct sg_error *e)
{
    unsigned char wrapped[SG_WRAPPED_BYTES];
    size_t n = 0;
    struct sg_error why = SG_ERROR_INIT;
    if (sodium_hex2bin(wrapped, sizeof wrapped, hex.p, hex.n, NULL, &n, NULL))
        return sg_fail(e, SG_EINTERNAL, "a content key is too long");
    /* Ours to mend, whatever it is: not the listener's request. */
    if (sg_vault_unwrap(v, (struct sg_str){(const char *)wrapped, n}, key, &why))
        return sg_fail(e, SG_EINTERNAL, "a content key: %s", why.text);
    return 0;
}

int licence_key(struct sg_api *api, struct sg_arena *a, const unsigned char kid[16],
                struct sg_str wrapped_hex, struct sg_clearkey_key *out, struct sg_error *e)
{
    unsigned char content[SG_CONTENT_KEY], cenc[16];
    char id[SG_KID_CHARS + 1], key[SG_KID_CHARS + 1];
    int rc = unwrap(api->vault, wrapped_hex, content, e);
    if (!rc && sg_content_key(content, "cenc", cenc, sizeof cenc))
        rc = sg_fail(e, SG_ENOMEM, "a key");
    if (!rc) {
        sg_kid_text(kid, id);
        sg_kid_text(cenc, key);
        out->kid = sg_arena_copy(a, (struct sg_str){id, SG_KID_CHARS});
        out->k = sg_arena_copy(a, (struct sg_str){key, SG_KID_CHARS});
        rc = out->kid.p && out->k.p ? 0 : sg_fail(e, SG_ENOMEM, "a key");
    }
    sodium_memzero(content, sizeof content);
    sodium_memzero(cenc, sizeof cenc);
    sodium_memzero(key, sizeof key);
    return rc;
}
