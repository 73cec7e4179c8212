/* fuzz_config.c - the configuration file's parser. */
#include "core/config.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sg_config defaults, c;
    struct sg_error e = SG_ERROR_INIT;
    if (!defaults.api.port)
        sg_config_defaults(&defaults);
    c = defaults;
    int rc = sg_config_parse(&c, "fuzz", (struct sg_str){(const char *)data, size}, &e);
    if (rc && (e.code != rc || !*e.text))
        abort();
    if (c.api.port < 1 || c.api.port > 65535 || !memchr(c.api.host, 0, sizeof c.api.host))
        abort();
    return 0;
}
