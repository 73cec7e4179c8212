/* forwarded.c - see forwarded.h. */
#include "api/http/forwarded.h"
#include <strings.h>

/* "a", "a:port", "[b]", "[b]:port", each maybe quoted. */
static bool read_node(struct sg_str s, struct sg_address *out)
{
    s = http_trim(s);
    if (s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"')
        s = (struct sg_str){s.p + 1, s.n - 2};
    if (s.n && s.p[0] == '[') {
        const char *end = memchr(s.p, ']', s.n);
        return end && sg_address_read((struct sg_str){s.p + 1, (size_t)(end - s.p - 1)}, out);
    }
    const char *colon = s.n ? memchr(s.p, ':', s.n) : NULL;
    if (colon && colon == memrchr(s.p, ':', s.n))
        s.n = (size_t)(colon - s.p);
    return sg_address_read(s, out);
}

/* The value of for= in one element of Forwarded. */
static struct sg_str node_of(struct sg_str element)
{
    while (element.n) {
        const char *semicolon = memchr(element.p, ';', element.n);
        size_t n = semicolon ? (size_t)(semicolon - element.p) : element.n;
        struct sg_str pair = http_trim((struct sg_str){element.p, n});
        if (pair.n > 4 && strncasecmp(pair.p, "for=", 4) == 0)
            return (struct sg_str){pair.p + 4, pair.n - 4};
        n += semicolon ? 1 : 0;
        element = (struct sg_str){element.p + n, element.n - n};
    }
    return SG_STR_NONE;
}

/* Takes the last element off a list; false when it is empty. A comma between quotes
 * would belong to no address. */
static bool take_last(struct sg_str *list, struct sg_str *element)
{
    if (!list->n)
        return false;
    const char *comma = memrchr(list->p, ',', list->n);
    const char *from = comma ? comma + 1 : list->p;
    *element = (struct sg_str){from, list->n - (size_t)(from - list->p)};
    list->n = comma ? (size_t)(comma - list->p) : 0;
    return true;
}

struct sg_address http_client_of(const struct http_fields *h, const struct sg_address *peer,
                                 const struct sg_networks *proxies, bool by_forwarded)
{
    struct sg_address who = *peer, told;
    struct sg_str name = by_forwarded ? SG_STR("Forwarded") : SG_STR("X-Forwarded-For");
    for (size_t i = h->n; i-- > 0;) {
        struct sg_str list = h->v[i].value, element;
        if (h->v[i].name.n != name.n || strncasecmp(h->v[i].name.p, name.p, name.n) != 0)
            continue;
        while (take_last(&list, &element)) {
            if (!sg_networks_hold(proxies, &who) ||
                !read_node(by_forwarded ? node_of(element) : element, &told))
                return who;
            who = told;
        }
    }
    return who;
}
