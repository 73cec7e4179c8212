/* fuzz_licence.c - what a content decryption module asks for. What is read keeps its bounds, has
 * each key once, and asked again in our own words means the same. */
#include "api/licences/asked.h"
#include <stdlib.h>

static struct sg_arena arena;
static struct sg_buf again;

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void ask(const struct sg_licence_asked *x)
{
    char kid[SG_KID_CHARS + 1];
    sg_buf_reset(&again);
    sg_buf_puts(&again, "{\"kids\":[");
    for (size_t i = 0; i < x->n; i++) {
        sg_kid_text(x->kids[i], kid);
        sg_buf_printf(&again, "%s\"%s\"", i ? "," : "", kid);
    }
    sg_buf_printf(&again, "],\"type\":\"%s\"}", sg_licence_kind_name(x->kind));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_licence_asked x, y;
    int rc = sg_licence_asked_read((struct sg_str){(const char *)data, size}, &arena, &x, &e);
    must(rc ? e.code == rc && *e.text : x.n >= 1 && x.n <= SG_KIDS_MAX);
    if (!rc) {
        for (size_t i = 0; i < x.n; i++)
            for (size_t k = 0; k < i; k++)
                must(memcmp(x.kids[i], x.kids[k], 16) != 0);
        ask(&x);
        must(!sg_licence_asked_read(sg_buf_str(&again), &arena, &y, NULL));
        must(x.n == y.n && x.kind == y.kind && memcmp(x.kids, y.kids, 16 * x.n) == 0);
    }
    sg_arena_reset(&arena);
    return 0;
}
