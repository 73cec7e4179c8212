/* job.c - what is asked for in words, see package.h. */
#include "audio/encode/rendition.h"
#include "audio/package/package.h"
#include "core/uuid.h"

static int digit(char c)
{
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

static bool read_key(struct sg_str hex, uint8_t key[16])
{
    if (hex.n != 32)
        return false;
    for (size_t i = 0; i < 16; i++) {
        int high = digit(hex.p[2 * i]), low = digit(hex.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

int sg_package_job_from(const struct sg_audio_job *from, struct sg_package_job *out,
                        struct sg_error *e)
{
    struct sg_package_job job = {.threads = 1};
    for (int i = 0; i < SG_RENDITIONS; i++)
        job.renditions |= (unsigned)sg_audio_job_wants(from, sg_renditions[i].name) << i;
    if (!job.renditions)
        return sg_fail_field(e, "renditions", "renditions: none of them is known");
    if (!sg_uuid_parse(from->asset_id, job.kid))
        return sg_fail_field(e, "asset_id", "asset_id: expected a UUID");
    if (sg_str_eq(from->protection, SG_STR("cenc")))
        job.protection = SG_PROTECT_CENC;
    else if (sg_str_eq(from->protection, SG_STR("cbcs")))
        job.protection = SG_PROTECT_CBCS;
    else if (!sg_str_eq(from->protection, SG_STR("none")))
        return sg_fail_field(e, "protection", "protection: expected none, cenc or cbcs");
    if (job.protection != SG_PROTECT_NONE && !read_key(from->cenc_key, job.cenc_key))
        return sg_fail_field(e, "cenc_key", "cenc_key: expected 32 hex digits");
    job.fallback = job.protection != SG_PROTECT_NONE && from->hls_key.p;
    if (job.fallback && !read_key(from->hls_key, job.hls_key))
        return sg_fail_field(e, "hls_key", "hls_key: expected 32 hex digits");
    *out = job;
    return 0;
}
