/* fuzz_embeddings.c - the answer of an embeddings server: any bytes are refused, or vectors of
 * unit length. */
#include "core/embeddings/answer.h"
#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    enum { N = 2, D = 2 };
    float out[N * D];
    if (!sg_embeddings_parse((struct sg_str){(const char *)data, n}, N, D, out, NULL))
        for (size_t i = 0; i < N; i++) {
            float length = out[i * D] * out[i * D] + out[i * D + 1] * out[i * D + 1];
            if (!(fabsf(length - 1) < 1e-3f))
                abort();
        }
    return 0;
}
