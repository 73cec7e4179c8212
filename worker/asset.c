/* asset.c - see asset.h: keys, and objects. */
#include "worker/asset.h"
#include "core/digest.h"
#include <openssl/crypto.h>
#include <stdio.h>

static const char *const protections[] = {"none", "cenc", "cbcs"};

int sg_asset_new(struct sg_asset *out, struct sg_vault *v, const struct sg_config *c,
                 struct sg_error *e)
{
    unsigned char id[16];
    struct sg_buf wrapped = {0};
    *out = (struct sg_asset){.seal = c->objects.seal,
                             .keyed = c->objects.seal || c->playback.protect,
                             .protection = protections[c->playback.protect]};
    sg_uuid_make(id);
    sg_uuid_text(id, out->id);
    if (!out->keyed)
        return 0;
    int rc = sg_vault_new_key(v, out->key, &wrapped, e);
    if (!rc && (sg_buf_failed(&wrapped) || wrapped.n != SG_WRAPPED_BYTES))
        rc = sg_fail(e, SG_ENOMEM, "a content key");
    if (!rc) {
        memcpy(out->wrapped, "\\x", 2);
        sg_hex((const unsigned char *)wrapped.p, wrapped.n, out->wrapped + 2);
    }
    sg_buf_free(&wrapped);
    return rc;
}

void sg_asset_wipe(struct sg_asset *a)
{
    OPENSSL_cleanse(a->key, sizeof a->key);
}

static int derive(const struct sg_asset *a, const char *purpose, char hex[33], struct sg_error *e)
{
    unsigned char key[16];
    int rc = sg_content_key(a->key, purpose, key, sizeof key);
    if (!rc)
        sg_hex(key, sizeof key, hex);
    OPENSSL_cleanse(key, sizeof key);
    return rc ? sg_fail(e, rc, "a key for %s", purpose) : 0;
}

int sg_asset_job(const struct sg_asset *a, const struct sg_config *c, struct sg_buf *json,
                 struct sg_error *e)
{
    char cenc[33] = "", hls[33] = "";
    struct sg_audio_job job = {.asset_id = sg_str(a->id),
                               .protection = sg_str(protections[c->playback.protect]),
                               .max_seconds = (uint64_t)(c->upload.max_s < SG_AUDIO_SECONDS_MAX
                                                             ? c->upload.max_s
                                                             : SG_AUDIO_SECONDS_MAX)};
    int rc = 0;
    if (c->playback.protect) {
        rc = derive(a, "cenc", cenc, e);
        if (!rc)
            rc = derive(a, "hls", hls, e);
        job.cenc_key = sg_str(cenc);
        job.hls_key = sg_str(hls);
    }
    if (!rc)
        sg_record_to_json(&sg_audio_job_record, &job, json);
    OPENSSL_cleanse(cenc, sizeof cenc);
    OPENSSL_cleanse(hls, sizeof hls);
    return rc || !sg_buf_failed(json) ? rc : sg_fail(e, SG_ENOMEM, "a job");
}

bool sg_asset_keeps(const struct sg_audio_file *f)
{
    return !(f->content_type.n > 6 && memcmp(f->content_type.p, "image/", 6) == 0);
}

static int put_one(const struct sg_asset *a, const struct sg_asset_put *p,
                   const struct sg_audio_file *f, struct sg_error *e)
{
    char key[SG_OBJECT_KEY_MAX + 1], path[1200], type[200], hex[2 * SG_SHA256_BYTES + 1];
    struct sg_object_info info;
    snprintf(key, sizeof key, "audio/%s/%.*s", a->id, SG_FMT(f->path));
    snprintf(path, sizeof path, "%s/%.*s", p->dir, SG_FMT(f->path));
    snprintf(type, sizeof type, "%.*s", SG_FMT(f->content_type));
    int rc = sg_objects_put_file(p->objects, key, type, f->sealed && a->seal ? a->key : NULL, path,
                                 &info, e);
    if (rc)
        return rc;
    sg_hex(info.sha256, sizeof info.sha256, hex);
    return (uint64_t)info.bytes == f->bytes && sg_str_eq(f->sha256, sg_str(hex))
               ? 0
               : sg_fail(e, SG_ECORRUPT, "%.*s is not as segue-audio told", SG_FMT(f->path));
}

int sg_asset_put(const struct sg_asset *a, const struct sg_asset_put *p,
                 const struct sg_audio_facts *facts, struct sg_error *e)
{
    const struct sg_audio_file *files = facts->files.v;
    uint64_t all = 1, done = 0;
    int rc = 0;
    for (size_t i = 0; i < facts->files.n; i++)
        all += files[i].bytes;
    for (size_t i = 0; !rc && i < facts->files.n; i++) {
        if (p->cut && atomic_load(p->cut))
            return sg_fail(e, SG_ECANCELED, "it is not wanted any more");
        rc = sg_asset_keeps(&files[i]) ? put_one(a, p, &files[i], e) : 0;
        done += files[i].bytes;
        if (p->told)
            p->told(p->ctx, (int)(100.0 * (double)done / (double)all));
    }
    return rc;
}

static int remove_seen(void *ctx, const char *key, const struct sg_object_info *info,
                       struct sg_error *e)
{
    (void)info;
    return sg_objects_delete(ctx, key, e);
}

int sg_asset_remove(struct sg_objects *o, const char *id, struct sg_error *e)
{
    char prefix[64];
    snprintf(prefix, sizeof prefix, "audio/%s/", id);
    return sg_objects_list(o, prefix, NULL, remove_seen, o, e);
}
