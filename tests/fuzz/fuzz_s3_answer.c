/* fuzz_s3_answer.c - any bytes as what a server of the S3 API answers. */
#include "core/objects/s3/answer.h"
#include <stdint.h>

static int note(void *ctx, const struct s3_entry *entry, struct sg_error *e)
{
    (void)e;
    *(size_t *)ctx += strlen(entry->key) + strlen(entry->upload_id);
    return entry->key[0] ? 0 : SG_EINTERNAL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct s3_answer a;
    size_t sum = 0;
    int rc = s3_answer_read((struct sg_str){(const char *)data, n}, &a, note, &sum, NULL);
    if (rc == SG_EINTERNAL || (!rc && !a.root[0]))
        __builtin_trap();
    return 0;
}
