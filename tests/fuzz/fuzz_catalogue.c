/* fuzz_catalogue.c - what a caller of the catalogue sends beside JSON: cursors, If-Match, titles,
 * codes, dates; the first byte says which. */
#include "api/catalogue/check.h"
#include "api/catalogue/cursor.h"
#include "api/catalogue/etag.h"
#include "core/title.h"
#include "images/sniff.c" /* alone: the rest of its library wants libvips */
#include <stdlib.h>

static void cursor(struct sg_arena *a, struct sg_str in, struct sg_error *e)
{
    struct sg_place p, again;
    if (in.n < 6 || sg_place_read(a, in, 't', 0, &p, e))
        return;
    struct sg_str text = sg_place_write(a, &p);
    if (!text.p || sg_place_read(a, text, 't', 0, &again, e) || again.id != p.id ||
        again.number != p.number || !sg_str_eq(again.text, p.text))
        abort();
}

static void title(struct sg_arena *a, struct sg_str in, struct sg_error *e)
{
    struct sg_str once, twice;
    if (sg_title(a, "t", in, 200, &once, e))
        return;
    if (!sg_str_is_utf8(once) || memchr(once.p, 0, once.n) ||
        sg_title(a, "t", once, 200, &twice, e) || !sg_str_eq(once, twice))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_arena a = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str in = {(const char *)data + (size > 0), size - (size > 0)}, out;
    switch (size ? data[0] % 6 : 0) {
    case 0:
        cursor(&a, in, &e);
        break;
    case 1:
        sg_etag_matches(in, 7);
        break;
    case 2:
        title(&a, in, &e);
        break;
    case 3:
        sg_prose(&a, "p", in, 5000, &out, &e);
        break;
    case 4:
        out = in;
        sg_check_isrc(&a, &out, &e);
        out = in;
        sg_check_upc(&a, &out, &e);
        sg_check_date("d", in, &e);
        break;
    default:
        sg_image_sniff(in);
        sg_image_is_apng(in);
    }
    sg_arena_free(&a);
    return 0;
}
