/* uuid.c - see uuid.h. */
#include "core/uuid.h"
#include "core/clock.h"
#include <stdlib.h>
#include <sys/random.h>

/* Many ids for one question to the kernel. */
static void random_bytes(unsigned char *out, size_t n)
{
    static _Thread_local unsigned char pool[2048];
    static _Thread_local size_t left;
    if (left < n) {
        for (size_t got = 0; got < sizeof pool;) {
            ssize_t k = getrandom(pool + got, sizeof pool - got > 256 ? 256 : sizeof pool - got, 0);
            if (k > 0)
                got += (size_t)k;
        }
        left = sizeof pool;
    }
    left -= n;
    memcpy(out, pool + left, n);
    memset(pool + left, 0, n);
}

void sg_uuid_make(unsigned char id[16])
{
    uint64_t ms = (uint64_t)(sg_wall_us() / 1000);
    for (int i = 0; i < 6; i++)
        id[i] = (unsigned char)(ms >> (40 - 8 * i));
    random_bytes(id + 6, 10);
    id[6] = (unsigned char)((id[6] & 0x0f) | 0x70);
    id[8] = (unsigned char)((id[8] & 0x3f) | 0x80);
}

void sg_uuid_text(const unsigned char id[16], char out[SG_UUID_CHARS + 1])
{
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = hex[id[i] >> 4];
        *out++ = hex[id[i] & 15];
    }
    *out = '\0';
}

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool sg_uuid_parse(struct sg_str text, unsigned char id[16])
{
    size_t at = 0;
    if (text.n != SG_UUID_CHARS)
        return false;
    for (int i = 0; i < 16; i++) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && text.p[at++] != '-')
            return false;
        int high = digit(text.p[at]), low = digit(text.p[at + 1]);
        if (high < 0 || low < 0)
            return false;
        id[i] = (unsigned char)(high << 4 | low);
        at += 2;
    }
    static const unsigned char nil[16];
    unsigned char all = 0xff;
    for (int i = 0; i < 16; i++)
        all &= id[i];
    return memcmp(id, nil, 16) != 0 && all != 0xff;
}

bool sg_uuid_is_v7(const unsigned char id[16])
{
    return id[6] >> 4 == 7 && id[8] >> 6 == 2;
}

int64_t sg_uuid_ms(const unsigned char id[16])
{
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id[i];
    return ms;
}
