/* address.c - see address.h. */
#include "api/http/address.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <xxhash.h>

static const unsigned char v4_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool sg_address_read(struct sg_str text, struct sg_address *out)
{
    char z[SG_ADDRESS_TEXT];
    struct sg_address a;
    if (!text.n || text.n >= sizeof z || memchr(text.p, '\0', text.n))
        return false;
    memcpy(z, text.p, text.n);
    z[text.n] = '\0';
    memcpy(a.b, v4_prefix, sizeof v4_prefix);
    if (inet_pton(AF_INET, z, a.b + 12) != 1 && inet_pton(AF_INET6, z, a.b) != 1)
        return false;
    *out = a;
    return true;
}

bool sg_address_of(const struct sockaddr *from, struct sg_address *out)
{
    const struct sockaddr_in *v4 = (const void *)from;
    const struct sockaddr_in6 *v6 = (const void *)from;
    if (from->sa_family == AF_INET6) {
        memcpy(out->b, &v6->sin6_addr, 16);
        return true;
    }
    memcpy(out->b, v4_prefix, sizeof v4_prefix);
    memcpy(out->b + 12, &v4->sin_addr, 4);
    return from->sa_family == AF_INET;
}

bool sg_address_is_v4(const struct sg_address *a)
{
    return memcmp(a->b, v4_prefix, sizeof v4_prefix) == 0;
}

void sg_address_text(const struct sg_address *a, char out[SG_ADDRESS_TEXT])
{
    if (sg_address_is_v4(a))
        inet_ntop(AF_INET, a->b + 12, out, SG_ADDRESS_TEXT);
    else
        inet_ntop(AF_INET6, a->b, out, SG_ADDRESS_TEXT);
}

uint64_t sg_address_key(const struct sg_address *a)
{
    return XXH3_64bits(a->b, sg_address_is_v4(a) ? 16 : 8);
}

static int add(struct sg_networks *to, struct sg_str one, struct sg_error *e)
{
    struct sg_address a;
    const char *slash = memchr(one.p, '/', one.n);
    struct sg_str base = {one.p, slash ? (size_t)(slash - one.p) : one.n};
    uint64_t bits = 128;
    if (to->n == SG_NETWORKS_MAX)
        return sg_fail(e, SG_ELIMIT, "more than %d networks", SG_NETWORKS_MAX);
    bool good = sg_address_read(base, &a);
    bool v4 = good && sg_address_is_v4(&a) && !memchr(base.p, ':', base.n);
    if (good && slash) {
        good = sg_str_to_u64((struct sg_str){slash + 1, one.n - base.n - 1}, &bits) &&
               bits <= (v4 ? 32 : 128);
        bits += v4 ? 96 : 0;
    }
    if (!good)
        return sg_fail(e, SG_EINVAL, "'%.*s' is no address and no network", SG_FMT(one));
    to->v[to->n].base = a;
    to->v[to->n++].bits = (int)bits;
    return 0;
}

int sg_networks_read(struct sg_networks *out, struct sg_str text, struct sg_error *e)
{
    struct sg_networks read = {.n = 0};
    int rc = 0;
    while (!rc && text.n) {
        size_t n = 0;
        while (n < text.n && text.p[n] != ' ' && text.p[n] != ',')
            n++;
        struct sg_str one = {text.p, n};
        if (sg_str_eq(one, SG_STR("loopback"))) {
            rc = add(&read, SG_STR("127.0.0.0/8"), e);
            one = SG_STR("::1");
        }
        if (!rc && one.n)
            rc = add(&read, one, e);
        n += n < text.n;
        text = (struct sg_str){text.p + n, text.n - n};
    }
    if (!rc)
        *out = read;
    return rc;
}

static bool same_bits(const struct sg_address *a, const struct sg_address *b, int bits)
{
    int whole = bits / 8, rest = bits % 8;
    if (memcmp(a->b, b->b, (size_t)whole) != 0)
        return false;
    return !rest || (a->b[whole] ^ b->b[whole]) >> (8 - rest) == 0;
}

bool sg_networks_hold(const struct sg_networks *n, const struct sg_address *a)
{
    for (size_t i = 0; i < n->n; i++)
        if (same_bits(&n->v[i].base, a, n->v[i].bits))
            return true;
    return false;
}
