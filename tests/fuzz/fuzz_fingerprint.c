/* fuzz_fingerprint.c - any bytes as two compressed fingerprints, compared with each other. */
#include "audio/fingerprint/match.h"
#include "audio/fingerprint/print.h"
#include "audio/fingerprint/terms.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t unpack(struct sg_str packed, uint32_t *items)
{
    size_t n = 0;
    if (sg_print_unpack(packed, items, &n, NULL))
        return 0;
    if (n > SG_PRINT_ITEMS)
        abort();
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint32_t a[SG_PRINT_ITEMS], b[SG_PRINT_ITEMS];
    int32_t terms[SG_TERMS];
    struct sg_match m;
    size_t half = size / 2;
    size_t n_a = unpack((struct sg_str){(const char *)data, size}, a);
    size_t n_b = unpack((struct sg_str){(const char *)data + half, size - half}, b);
    /* as bare items too: comparing must bear anything */
    for (size_t i = 0; i + 4 <= size && n_b < SG_PRINT_ITEMS; i += 4, n_b++)
        memcpy(&b[n_b], data + i, 4);
    if (sg_terms(a, n_a, terms) > SG_TERMS || sg_terms(b, n_b, terms) > SG_TERMS)
        abort();
    sg_match(a, n_a, b, n_b, &m);
    if (!(m.score >= 0 && m.score <= 1) || m.overlap > n_a || m.overlap > n_b)
        abort();
    sg_match(b, n_b, b, n_b, &m);
    if (n_b >= 64 && m.score < 1)
        abort(); /* all is like itself */
    return 0;
}
