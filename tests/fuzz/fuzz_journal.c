/* fuzz_journal.c - segments of any bytes: records come out ascending and within them. */
#include "core/journal.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sg_str rest = {(const char *)data, n};
    struct sg_journal_record r;
    uint64_t last = 0, passed = 0;
    while (sg_journal_next(&rest, last, &r, &passed)) {
        if (r.sequence <= last || r.bytes.n == 0 || r.bytes.p < (const char *)data ||
            r.bytes.p + r.bytes.n > (const char *)data + n)
            abort();
        last = r.sequence;
    }
    if (passed > n || rest.n > n)
        abort();
    return 0;
}
