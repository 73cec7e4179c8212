/* asked.c - see asked.h. */
#include "api/licences/asked.h"
#include "api/accounts/jws.h"
#include <string.h>

static const char *const names[] = {"temporary", "persistent-license"};

const char *sg_licence_kind_name(enum sg_licence_kind kind)
{
    return names[kind];
}

void sg_kid_text(const unsigned char kid[16], char out[SG_KID_CHARS + 1])
{
    struct sg_buf b = {0};
    sg_base64url_put(&b, kid, 16);
    memset(out, 0, SG_KID_CHARS + 1);
    if (!sg_buf_failed(&b) && b.n == SG_KID_CHARS)
        memcpy(out, b.p, SG_KID_CHARS);
    sg_buf_free(&b);
}

static bool has(const struct sg_licence_asked *x, const void *kid)
{
    for (size_t i = 0; i < x->n; i++)
        if (memcmp(x->kids[i], kid, 16) == 0)
            return true;
    return false;
}

int sg_licence_asked_read(struct sg_str json, struct sg_arena *a, struct sg_licence_asked *out,
                          struct sg_error *e)
{
    struct sg_clearkey_request in;
    struct sg_licence_asked x = {0};
    int rc = sg_record_from_json(&sg_clearkey_request_record, json, a, &in, e);
    if (rc)
        return rc;
    if (in.type.p && sg_str_eq(in.type, sg_str(names[SG_LICENCE_PERSISTENT])))
        x.kind = SG_LICENCE_PERSISTENT;
    else if (in.type.p && !sg_str_eq(in.type, sg_str(names[SG_LICENCE_TEMPORARY])))
        return sg_fail_field(e, "type", "type: expected temporary or persistent-license");
    const struct sg_str *v = in.kids.v;
    for (size_t i = 0; i < in.kids.n && i < SG_KIDS_MAX; i++) {
        struct sg_str kid = sg_base64url_read(v[i], a);
        if (kid.n != 16)
            return sg_fail_field(e, "kids", "kids: expected base64url of 16 bytes each");
        if (!has(&x, kid.p))
            memcpy(x.kids[x.n++], kid.p, 16);
    }
    *out = x;
    return 0;
}
