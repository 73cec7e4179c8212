/* fuzz_ranges.c - any bytes as Range, as preconditions and as a date.
 *
 *   u8 which | u32 bytes of the representation | the header
 */
#include "api/http/conditions.h"
#include "api/http/ranges.h"
#include <stdlib.h>

/* Within, not empty, few, and apart from each other. */
static void as_range(struct sg_str text, uint64_t bytes)
{
    struct sg_ranges r;
    if (sg_ranges_read(text, bytes, &r) != SG_RANGES_SOME)
        return;
    if (!r.n || r.n > SG_RANGES_MAX)
        abort();
    uint64_t sum = 0;
    for (size_t i = 0; i < r.n; i++) {
        const struct sg_range *x = &r.v[i];
        sum += x->n;
        if (!x->n || x->from >= bytes || x->n > bytes - x->from)
            abort();
        for (size_t k = 0; k < i; k++)
            if (r.v[k].from < x->from + x->n && x->from < r.v[k].from + r.v[k].n)
                abort();
    }
    if (sum > bytes)
        abort();
}

static void as_conditions(struct sg_str text)
{
    struct sg_conditions all[] = {
        {.match = text}, {.none_match = text}, {.modified = text}, {.unmodified = text}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        int status = sg_conditions_judge(&all[i], SG_STR("\"a\""), 784111777);
        if (status != 0 && status != 304 && status != 412)
            abort();
    }
    struct sg_conditions range = {.range = text};
    sg_conditions_range(&range, SG_STR("\"a\""), 784111777);
}

/* What is read as a date is written again as it was. */
static void as_date(struct sg_str text)
{
    int64_t s;
    char again[SG_HTTP_DATE];
    if (!sg_http_date_read(text, &s))
        return;
    sg_http_date(s, again);
    if (!sg_str_eq(sg_str(again), text))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 5)
        return 0;
    uint64_t bytes =
        (uint64_t)data[1] << 24 | (uint64_t)data[2] << 16 | (uint64_t)data[3] << 8 | data[4];
    struct sg_str text = {(const char *)data + 5, n - 5};
    if (data[0] % 3 == 0)
        as_range(text, bytes);
    else if (data[0] % 3 == 1)
        as_conditions(text);
    else
        as_date(text);
    return 0;
}
