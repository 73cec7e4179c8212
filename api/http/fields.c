/* fields.c - see fields.h. */
#include "api/http/fields.h"
#include <strings.h>

bool http_same(struct sg_str a, struct sg_str b)
{
    return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

struct sg_str http_field(const struct http_fields *f, struct sg_str name)
{
    for (size_t i = 0; i < f->n; i++)
        if (http_same(f->v[i].name, name))
            return f->v[i].value;
    return SG_STR_NONE;
}

struct sg_str http_trim(struct sg_str s)
{
    while (s.n && (*s.p == ' ' || *s.p == '\t'))
        s = (struct sg_str){s.p + 1, s.n - 1};
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static int refuse(int status, const char **why, const char *text)
{
    *why = text;
    return status;
}

/* RFC 9110 section 5.6.2 */
static bool is_token(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
              (c && strchr("!#$%&'*+-.^_`|~", c))))
            return false;
    }
    return s.n > 0;
}

static bool is_clean(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
            return false;
    return true;
}

static bool is_host(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
              (c && strchr("-._~%!$&'()*+,;=:[]", c))))
            return false;
    }
    return true;
}

/* libmicrohttpd 0.9.75 takes a folded line for more of the NAME above it: "Content-Length: 4",
 * " 5" is a header "Content-Length5", and the body would be read as a request. */
static bool hides_framing(struct sg_str name)
{
    static const char *const framing[] = {"Content-Length", "Transfer-Encoding"};
    for (size_t i = 0; i < sizeof framing / sizeof *framing; i++) {
        size_t n = strlen(framing[i]);
        if (name.n > n && strncasecmp(name.p, framing[i], n) == 0)
            return true;
    }
    return false;
}

static size_t count(const struct http_fields *f, struct sg_str name)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        n += http_same(f->v[i].name, name);
    return n;
}

/* RFC 9112 section 6.3, without its tolerance. */
static int check_framing(const struct http_fields *f, bool old, const char **why)
{
    struct sg_str length = http_field(f, SG_STR("Content-Length")),
                  coding = http_field(f, SG_STR("Transfer-Encoding"));
    uint64_t n;
    if (count(f, SG_STR("Content-Length")) > 1 || count(f, SG_STR("Transfer-Encoding")) > 1)
        return refuse(400, why, "the body's length is said more than once");
    if (length.p && coding.p)
        return refuse(400, why, "Content-Length and Transfer-Encoding exclude each other");
    if (length.p && !sg_str_to_u64(length, &n))
        return refuse(400, why, "Content-Length is not a number of bytes");
    if (coding.p && old)
        return refuse(400, why, "HTTP/1.0 has no Transfer-Encoding");
    if (coding.p && !http_same(coding, SG_STR("chunked")))
        return refuse(501, why, "the only transfer coding read here is chunked");
    return 0;
}

static int check_method(struct sg_str method, const char **why)
{
    /* The last two are known, and allowed nowhere. */
    static const char *const known[] = {"GET",    "HEAD",    "POST",  "PUT",  "PATCH",
                                        "DELETE", "OPTIONS", "TRACE", "QUERY"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sg_str_eq(method, sg_str(known[i])))
            return 0;
    return refuse(501, why, "no such method is known here");
}

int http_fields_check(const struct http_fields *f, struct sg_str method, struct sg_str version,
                      const char **why)
{
    bool old = sg_str_eq(version, SG_STR("HTTP/1.0"));
    if (!old && !sg_str_eq(version, SG_STR("HTTP/1.1")))
        return refuse(505, why, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    if (f->overflow)
        return refuse(431, why, "more than 100 headers");
    for (size_t i = 0; i < f->n; i++) {
        if (!is_token(f->v[i].name) || hides_framing(f->v[i].name))
            return refuse(400, why, "a header's name holds what it may not");
        if (!is_clean(f->v[i].value))
            return refuse(400, why, "a header holds control characters");
    }
    size_t hosts = count(f, SG_STR("Host"));
    if (hosts > 1 || (!hosts && !old) || !is_host(http_field(f, SG_STR("Host"))))
        return refuse(400, why, "a request has one Host header, which is a host");
    struct sg_str expect = http_field(f, SG_STR("Expect"));
    if (expect.p && !http_same(expect, SG_STR("100-continue")))
        return refuse(417, why, "only 100-continue can be expected");
    int rc = check_framing(f, old, why);
    return rc ? rc : check_method(method, why);
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that %XX at s.p[i] stands for, -1: none. */
static int escaped(struct sg_str s, size_t i)
{
    if (i + 2 >= s.n)
        return -1;
    int hi = hex(s.p[i + 1]), lo = hex(s.p[i + 2]);
    return hi < 0 || lo < 0 ? -1 : hi * 16 + lo;
}

/* One '.' at s.p[i], maybe escaped: how many bytes it takes, 0: none. */
static size_t dot(struct sg_str s, size_t i)
{
    if (i < s.n && s.p[i] == '.')
        return 1;
    return i < s.n && s.p[i] == '%' && escaped(s, i) == '.' ? 3 : 0;
}

/* Whether the segment from i on is "." or "..". */
static bool is_dots(struct sg_str path, size_t i)
{
    size_t n = dot(path, i);
    if (!n)
        return false;
    i += n;
    i += dot(path, i);
    return i >= path.n || path.p[i] == '/';
}

static int check_path(struct sg_str path, const char **why)
{
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '%') {
            int byte = escaped(path, i);
            if (byte <= 0 || byte == '/' || byte == '\\')
                return refuse(400, why, "the path holds an escape that is not read here");
        } else if (path.p[i] == '\\' || path.p[i] == '#') {
            return refuse(400, why, "the path holds bytes that it may not");
        } else if (path.p[i] == '/' && is_dots(path, i + 1)) {
            return refuse(400, why, "the path holds \".\" or \"..\"");
        }
    }
    return 0;
}

int http_target_check(struct sg_str target, struct sg_str method, const char **why)
{
    if (target.n > SG_HTTP_TARGET_MAX)
        return refuse(414, why, "the target is longer than 8 KiB");
    for (size_t i = 0; i < target.n; i++)
        if ((unsigned char)target.p[i] <= 0x20 || (unsigned char)target.p[i] >= 0x7f)
            return refuse(400, why, "the target holds bytes that must be escaped");
    if (sg_str_eq(target, SG_STR("*")) && sg_str_eq(method, SG_STR("OPTIONS")))
        return 0;
    if (!target.n || *target.p != '/')
        return refuse(400, why, "the target is no path");
    const char *mark = memchr(target.p, '?', target.n);
    struct sg_str path = {target.p, mark ? (size_t)(mark - target.p) : target.n};
    for (size_t i = path.n; i < target.n; i++)
        if (target.p[i] == '%' && escaped(target, i) == 0)
            return refuse(400, why, "a parameter holds a NUL");
    return check_path(path, why);
}
