/* person.c - see parts.h. */
#include "api/search_log/parts.h"
#include "core/clock.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

static uint64_t rotate(uint64_t v, int by)
{
    return v << by | v >> (64 - by);
}

static void rounds(uint64_t v[4], int n)
{
    while (n--) {
        v[0] += v[1], v[1] = rotate(v[1], 13) ^ v[0], v[0] = rotate(v[0], 32);
        v[2] += v[3], v[3] = rotate(v[3], 16) ^ v[2];
        v[0] += v[3], v[3] = rotate(v[3], 21) ^ v[0];
        v[2] += v[1], v[1] = rotate(v[1], 17) ^ v[2], v[2] = rotate(v[2], 32);
    }
}

uint64_t siphash(const unsigned char key[16], const void *p, size_t n)
{
    const unsigned char *in = p;
    uint64_t k[2], m;
    memcpy(k, key, 16);
    uint64_t v[4] = {k[0] ^ 0x736f6d6570736575u, k[1] ^ 0x646f72616e646f6du,
                     k[0] ^ 0x6c7967656e657261u, k[1] ^ 0x7465646279746573u};
    for (size_t left = n;; in += 8, left -= 8) {
        m = left < 8 ? (uint64_t)n << 56 : 0;
        memcpy(&m, in, left < 8 ? left : 8);
        v[3] ^= m;
        rounds(v, 2);
        v[0] ^= m;
        if (left < 8)
            break;
    }
    v[2] ^= 0xff;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t person_hash(const struct person_key *k, char what, uint64_t id)
{
    unsigned char in[9] = {(unsigned char)what};
    memcpy(in + 1, &id, 8);
    return siphash(k->key, in, sizeof in);
}

static bool read_key(const char *path, struct person_key *k)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd >= 0 && read(fd, k, sizeof *k) == sizeof *k;
    if (fd >= 0)
        close(fd);
    return whole;
}

static int make_key(const char *path, struct person_key *k, struct sg_error *e)
{
    char tmp[SG_CONFIG_TEXT + 64];
    uint32_t period;
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    if (getrandom(k->key, sizeof k->key, 0) != sizeof k->key ||
        getrandom(&period, sizeof period, 0) != sizeof period)
        return sg_fail_errno(e, "random bytes");
    k->made_us = sg_wall_us();
    k->period = period >> 1;
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, k, sizeof *k) == sizeof *k && fsync(fd) == 0;
    int rc = ok && rename(tmp, path) == 0 ? 0 : sg_fail_errno(e, "%s", path);
    if (fd >= 0)
        close(fd);
    return rc;
}

int person_key_load(struct person_key *k, const char *dir, int64_t key_days, struct sg_error *e)
{
    char path[SG_CONFIG_TEXT + 48];
    int64_t now = sg_wall_us();
    snprintf(path, sizeof path, "%s/key", dir);
    if (read_key(path, k) && k->made_us <= now && now - k->made_us < key_days * 86400000000)
        return 0;
    return make_key(path, k, e);
}
