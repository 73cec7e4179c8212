/* trace.c - see trace.h. */
#include "api/http/trace.h"
#include "core/clock.h"
#include <stdatomic.h>
#include <sys/random.h>

static uint64_t mix(uint64_t x) /* splitmix64's finish: Steele, Lea, Flood 2014 */
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Never 0. Unlike those of other processes; nothing secret rests on it. */
static uint64_t next_number(void)
{
    static _Atomic uint64_t seed, counter;
    if (!seed) {
        uint64_t s = 0;
        if (getrandom(&s, sizeof s, GRND_NONBLOCK) != sizeof s)
            s = (uint64_t)sg_wall_us();
        seed = s | 1;
    }
    uint64_t n = mix(seed + 0x9e3779b97f4a7c15u * ++counter);
    return n ? n : 1;
}

static bool is_id_byte(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '.' || c == '_' ||
           c == '-';
}

struct sg_str http_request_id(struct sg_str told, struct sg_arena *a)
{
    bool good = told.n >= 1 && told.n <= 64;
    for (size_t i = 0; good && i < told.n; i++)
        good = is_id_byte(told.p[i]);
    return good ? told : sg_arena_printf(a, "%016llx", (unsigned long long)next_number());
}

static bool is_hex(struct sg_str s, bool may_be_zero)
{
    bool zero = true;
    for (size_t i = 0; i < s.n; i++) {
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
            return false;
        zero &= s.p[i] == '0';
    }
    return may_be_zero || !zero;
}

/* W3C Trace Context, section 3.2: 00-TRACE-PARENT-FLAGS; later versions may go on. */
static bool is_traceparent(struct sg_str t)
{
    return t.n >= 55 && t.p[2] == '-' && t.p[35] == '-' && t.p[52] == '-' &&
           is_hex((struct sg_str){t.p, 2}, true) && memcmp(t.p, "ff", 2) != 0 &&
           (t.n == 55 || (memcmp(t.p, "00", 2) != 0 && t.p[55] == '-')) &&
           is_hex((struct sg_str){t.p + 3, 32}, false) &&
           is_hex((struct sg_str){t.p + 36, 16}, false) &&
           is_hex((struct sg_str){t.p + 53, 2}, true);
}

struct sg_str http_traceparent(struct sg_str told, struct sg_arena *a)
{
    unsigned long long span = next_number();
    if (is_traceparent(told))
        return sg_arena_printf(a, "00-%.32s-%016llx-%.2s", told.p + 3, span, told.p + 53);
    return sg_arena_printf(a, "00-%016llx%016llx-%016llx-00", (unsigned long long)next_number(),
                           (unsigned long long)next_number(), span);
}
