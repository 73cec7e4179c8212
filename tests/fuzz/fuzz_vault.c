/* fuzz_vault.c - any bytes as a file of master keys, which comes back the same when it is written;
 * and as a wrapped key, which opens only if it was made by us. */
#include "core/vault/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sg_config c;
static char dir[] = "/tmp/segue-fuzz-XXXXXX";

static void remove_all(void)
{
    unlink(c.objects.keys);
    rmdir(dir);
}

static struct sg_vault *open_vault(void)
{
    struct sg_vault *v = NULL;
    sg_config_defaults(&c);
    if (!mkdtemp(dir))
        abort();
    snprintf(c.objects.keys, sizeof c.objects.keys, "%s/master.json", dir);
    if (sg_vault_open(&v, &c, NULL))
        abort();
    atexit(remove_all);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct sg_vault *vault;
    static struct master_keys keys, again;
    struct sg_buf text = {0};
    struct sg_str s = {(const char *)data, n};
    unsigned char key[SG_CONTENT_KEY];
    vault = vault ? vault : open_vault();
    if (!sg_vault_unwrap(vault, s, key, NULL))
        __builtin_trap(); /* a forged tag */
    if (!master_keys_parse(&keys, s, NULL)) {
        if (master_keys_print(&keys, &text, NULL) ||
            master_keys_parse(&again, sg_buf_str(&text), NULL) || again.n != keys.n ||
            again.current != keys.current ||
            memcmp(again.v, keys.v, keys.n * sizeof keys.v[0]) != 0)
            __builtin_trap();
    }
    sg_buf_free(&text);
    return 0;
}
