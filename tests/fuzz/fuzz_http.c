/* fuzz_http.c - what of a request is read by rules of ours: targets, headers, who it is from,
 * which coding it takes, its trace; and the lists of networks and origins. The first byte
 * says which; lines of the rest are headers. */
#include "api/http/coding.h"
#include "api/http/cors.h"
#include "api/http/fields.h"
#include "api/http/forwarded.h"
#include "api/http/trace.h"
#include <stdlib.h>

static struct sg_arena arena;

static void split(struct sg_str in, struct http_fields *f)
{
    while (in.n && f->n < SG_HTTP_FIELDS_MAX) {
        const char *end = memchr(in.p, '\n', in.n);
        struct sg_str line = {in.p, end ? (size_t)(end - in.p) : in.n};
        const char *colon = memchr(line.p, ':', line.n);
        size_t name = colon ? (size_t)(colon - line.p) : line.n;
        f->v[f->n++] = (struct http_field){
            {line.p, name}, {line.p + name + (colon ? 1 : 0), line.n - name - (colon ? 1 : 0)}};
        size_t skip = line.n + (end ? 1 : 0);
        in = (struct sg_str){in.p + skip, in.n - skip};
    }
}

static void headers(struct sg_str in)
{
    static struct http_fields f;
    const char *why = NULL;
    struct sg_networks proxies = {.n = 0};
    struct sg_address peer, who;
    char text[SG_ADDRESS_TEXT];
    f.n = 0;
    split(in, &f);
    int status = http_fields_check(&f, SG_STR("POST"), SG_STR("HTTP/1.1"), &why);
    if ((status != 0) != (why != NULL))
        abort();
    uint64_t length;
    struct sg_str said = http_field(&f, SG_STR("Content-Length"));
    if (!status && said.p && !sg_str_to_u64(said, &length))
        abort(); /* what frames a body is known when it is let through */
    sg_networks_read(&proxies, SG_STR("10.0.0.0/8"), NULL);
    sg_address_read(SG_STR("10.0.0.1"), &peer);
    for (int by = 0; by < 2; by++) {
        who = http_client_of(&f, &peer, &proxies, by);
        sg_address_text(&who, text);
        struct sg_address back;
        if (!sg_address_read(sg_str(text), &back) || memcmp(&back, &who, sizeof who) != 0)
            abort();
    }
    sg_coding_untag(http_field(&f, SG_STR("If-Match")), &arena);
}

static void target(struct sg_str in)
{
    const char *why = NULL;
    if (http_target_check(in, SG_STR("GET"), &why))
        return;
    for (size_t i = 0; i < in.n; i++) /* what is let through holds nothing that hides */
        if ((unsigned char)in.p[i] <= 0x20 || (unsigned char)in.p[i] >= 0x7f)
            abort();
    const char *mark = memchr(in.p, '?', in.n);
    struct sg_str path = {in.p, mark ? (size_t)(mark - in.p) : in.n};
    if (path.n < 1 || *path.p != '/' || memmem(path.p, path.n, "/../", 4) ||
        memmem(path.p, path.n, "%00", 3) || memmem(path.p, path.n, "%2f", 3) ||
        memmem(in.p, in.n, "%00", 3))
        abort();
}

static void names(struct sg_str in)
{
    struct sg_networks n;
    struct sg_origins o;
    if (sg_coding_choose(in) > SG_CODING_ZSTD)
        abort();
    sg_networks_read(&n, in, NULL);
    if (!sg_origins_read(&o, in, NULL) && !o.any && sg_origins_hold(&o, SG_STR("null")))
        abort();
    struct sg_str id = http_request_id(in, &arena), trace = http_traceparent(in, &arena);
    if (!id.n || id.n > 64 || trace.n != 55)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct sg_str in = {(const char *)data + 1, size - 1};
    if (data[0] % 3 == 0)
        headers(in);
    else if (data[0] % 3 == 1)
        target(in);
    else
        names(in);
    sg_arena_reset(&arena);
    return 0;
}
