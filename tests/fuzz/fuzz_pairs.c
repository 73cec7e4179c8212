/* fuzz_pairs.c - any bytes as a file of plays: read or refused, and what is read can be
 * split and learned from.
 *
 *   u8 format | the file (which may be gzip)
 */
#include "recsys/input/split.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sg_pairs *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (!(p->v[i].weight > 0) || !isfinite(p->v[i].weight) || p->v[i].time < 0)
            abort();
}

static void split(const struct sg_pairs *p)
{
    for (int kind = SG_SPLIT_RANDOM; kind <= SG_SPLIT_TIME; kind++) {
        struct sg_split_options o = {(enum sg_split_kind)kind, 0.3, 1};
        struct sg_split s;
        if (sg_split_pairs(&s, p, &o, NULL))
            continue;
        size_t held = 0;
        for (size_t q = 0; q < s.n; q++)
            held += s.questions[q].relevant;
        if (s.train.n + held > p->n)
            abort();
        sg_split_free(&s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct sg_pairs p = {0};
    if (!size)
        return 0;
    int fd = memfd_create("plays", 0);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!sg_pairs_read(&p, path, (enum sg_pairs_format)(data[0] % 3), NULL)) {
        check(&p);
        sg_pairs_merge(&p);
        split(&p);
    }
    sg_pairs_free(&p);
    close(fd);
    return 0;
}
