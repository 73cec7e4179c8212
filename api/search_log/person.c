/* person.c - see parts.h. */
#include "api/search_log/parts.h"
#include "core/clock.h"
#include "core/digest.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

uint64_t person_hash(const struct person_key *k, char what, uint64_t id)
{
    unsigned char in[9] = {(unsigned char)what}, mac[SG_SHA256_BYTES];
    uint64_t hash;
    memcpy(in + 1, &id, 8);
    sg_hmac_sha256((struct sg_str){(const char *)k->key, sizeof k->key},
                   (struct sg_str){(const char *)in, sizeof in}, mac);
    memcpy(&hash, mac, sizeof hash);
    return hash;
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

uint64_t sg_search_log_hash(const struct sg_config *config, uint64_t user_id)
{
    char path[SG_CONFIG_TEXT + 48];
    struct person_key key;
    snprintf(path, sizeof path, "%s/searchlog/key", config->var_dir);
    return read_key(path, &key) ? person_hash(&key, 'u', user_id) : 0;
}
