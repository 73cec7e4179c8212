/* file.c - the form of the file of master keys: see file.h. */
#include "core/vault/file.h"
#include "core/clock.h"
#include "core/digest.h"
#include <jansson.h>
#include <sys/random.h>

#define FORMAT "segue master keys 1"

const struct master_key *master_keys_find(const struct master_keys *k, uint32_t id)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->v[i].id == id)
            return &k->v[i];
    return NULL;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(const json_t *text, unsigned char out[32])
{
    const char *s = json_string_value(text);
    if (!s || json_string_length(text) != 64)
        return false;
    for (size_t i = 0; i < 32; i++) {
        int high = digit(s[2 * i]), low = digit(s[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    explicit_bzero((char *)(uintptr_t)s, 64); /* the library would leave it in freed memory */
    return true;
}

static bool read_id(const json_t *number, uint32_t *out)
{
    json_int_t id = json_integer_value(number);
    if (!json_is_integer(number) || id < 1 || id > UINT32_MAX)
        return false;
    *out = (uint32_t)id;
    return true;
}

static bool read_key(struct master_keys *k, const json_t *entry)
{
    struct master_key *key = &k->v[k->n];
    const json_t *created = json_object_get(entry, "created");
    if (!read_id(json_object_get(entry, "id"), &key->id) || master_keys_find(k, key->id) ||
        !json_is_integer(created) || !read_hex(json_object_get(entry, "key"), key->secret))
        return false;
    key->created_s = json_integer_value(created);
    k->n++;
    return true;
}

static const char *read_all(struct master_keys *k, const json_t *root)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    const json_t *list = json_object_get(root, "keys");
    size_t n = json_array_size(list);
    if (!format || strcmp(format, FORMAT) != 0)
        return "it is not of the form '" FORMAT "'";
    if (!n || n > SG_VAULT_KEYS_MAX)
        return "it has no keys, or too many";
    for (size_t i = 0; i < n; i++)
        if (!read_key(k, json_array_get(list, i)))
            return "one of its keys is damaged, or there twice";
    if (!read_id(json_object_get(root, "current"), &k->current) || !master_keys_find(k, k->current))
        return "its current key is not among its keys";
    return NULL;
}

int master_keys_parse(struct master_keys *out, struct sg_str text, struct sg_error *e)
{
    struct master_keys k = {0};
    if (text.n > SG_VAULT_FILE_MAX)
        return sg_fail(e, SG_ECORRUPT, "master keys: the file is too long");
    json_t *root = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, NULL);
    const char *wrong = root ? read_all(&k, root) : "it is not JSON";
    json_decref(root);
    if (!wrong)
        *out = k;
    explicit_bzero(&k, sizeof k);
    return wrong ? sg_fail(e, SG_ECORRUPT, "master keys: %s", wrong) : 0;
}

int master_keys_print(const struct master_keys *k, struct sg_buf *out, struct sg_error *e)
{
    char hex[65];
    sg_buf_printf(out, "{\"format\": \"" FORMAT "\",\n \"current\": %u,\n \"keys\": [", k->current);
    for (size_t i = 0; i < k->n; i++) {
        sg_hex(k->v[i].secret, 32, hex);
        sg_buf_printf(out, "%s\n  {\"id\": %u, \"created\": %lld, \"key\": \"%s\"}", i ? "," : "",
                      k->v[i].id, (long long)k->v[i].created_s, hex);
    }
    sg_buf_puts(out, "]}\n");
    explicit_bzero(hex, sizeof hex);
    return sg_buf_failed(out) ? sg_fail(e, SG_ENOMEM, "master keys") : 0;
}

int master_keys_add(struct master_keys *k, struct sg_error *e)
{
    if (k->n == SG_VAULT_KEYS_MAX)
        return sg_fail(e, SG_ELIMIT, "there are %d master keys: rewrap, and drop old ones",
                       SG_VAULT_KEYS_MAX);
    struct master_key *key = &k->v[k->n];
    do {
        if (getrandom(&key->id, sizeof key->id, 0) != sizeof key->id ||
            getrandom(key->secret, sizeof key->secret, 0) != sizeof key->secret)
            return sg_fail_errno(e, "getrandom");
    } while (!key->id || master_keys_find(k, key->id));
    key->created_s = sg_wall_us() / 1000000;
    k->current = key->id;
    k->n++;
    return 0;
}
