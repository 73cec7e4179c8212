/* fuzz_settings.c - settings of experiments' variants: weights within their bounds or refused. */
#include "recsys/rank/rank.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    float w[SG_RANK_FEATURES];
    struct sg_error e = SG_ERROR_INIT;
    if (sg_rank_settings((struct sg_str){(const char *)data, size}, w, &e))
        return e.code == SG_EINVAL && e.text[0] ? 0 : (abort(), 0);
    for (int f = 0; f < SG_RANK_FEATURES; f++)
        if (!(w[f] >= 0 && w[f] <= 10))
            abort();
    return 0;
}
