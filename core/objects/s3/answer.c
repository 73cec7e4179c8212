/* answer.c - see answer.h. Values are text elements two or three levels deep; what is not known is
 * passed over.
 */
#include "core/objects/s3/answer.h"
#include "core/buf.h"
#include "core/instant.h"
#include <libxml/xmlreader.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_MAX = 8 };

struct reading {
    struct s3_answer *out;
    struct s3_entry entry;
    bool in_entry;
    char name[64]; /* of the element whose text is being gathered */
    struct sg_buf text;
    s3_on_entry *fn;
    void *ctx;
    struct sg_error *e;
};

/* Text of at most size - 1 bytes; false: longer. */
static bool set(char *to, size_t size, struct sg_str s)
{
    if (s.n >= size || (s.n && memchr(s.p, 0, s.n)))
        return false;
    if (s.n)
        memcpy(to, s.p, s.n);
    to[s.n] = '\0';
    return true;
}

static int hex(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Keys come percent-encoded (encoding-type=url), because XML has not all characters. */
static bool set_key(char *to, size_t size, struct sg_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
            c = (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
            i += 2;
        } else if (c == '+')
            c = ' ';
        if (n + 1 >= size || !c)
            return false;
        to[n++] = c;
    }
    to[n] = '\0';
    return true;
}

static bool set_entry(struct s3_entry *x, const char *name, struct sg_str s)
{
    if (!strcmp(name, "Key"))
        return set_key(x->key, sizeof x->key, s);
    if (!strcmp(name, "UploadId"))
        return set(x->upload_id, sizeof x->upload_id, s);
    if (!strcmp(name, "Size"))
        return sg_str_to_i64(s, &x->bytes) && x->bytes >= 0;
    if (!strcmp(name, "LastModified") || !strcmp(name, "Initiated"))
        return sg_instant_parse(s, &x->when_us);
    return true;
}

static bool set_answer(struct s3_answer *out, const char *name, struct sg_str s)
{
    if (!strcmp(name, "Code"))
        return set(out->code, sizeof out->code, s);
    if (!strcmp(name, "Message"))
        return set(out->message, sizeof out->message,
                   (struct sg_str){s.p, s.n < sizeof out->message ? s.n : 0});
    if (!strcmp(name, "UploadId"))
        return set(out->upload_id, sizeof out->upload_id, s);
    if (!strcmp(name, "NextContinuationToken") || !strcmp(name, "NextKeyMarker"))
        return set(out->token, sizeof out->token, s);
    if (!strcmp(name, "NextUploadIdMarker"))
        return set(out->token_upload, sizeof out->token_upload, s);
    if (!strcmp(name, "IsTruncated"))
        out->truncated = sg_str_eq(s, SG_STR("true"));
    return true;
}

static bool begins_entry(const char *name)
{
    return !strcmp(name, "Contents") || !strcmp(name, "Upload");
}

static int begin(struct reading *r, const char *name, int depth)
{
    if (depth >= DEPTH_MAX)
        return sg_fail(r->e, SG_ECORRUPT, "S3: an answer is too deep");
    if (depth == 0 && !set(r->out->root, sizeof r->out->root, sg_str(name)))
        return sg_fail(r->e, SG_ECORRUPT, "S3: an answer of an unknown form");
    if (depth == 1 && begins_entry(name)) {
        r->in_entry = true;
        r->entry = (struct s3_entry){.key = ""};
    }
    if (!set(r->name, sizeof r->name, sg_str(name)))
        r->name[0] = '\0';
    sg_buf_reset(&r->text);
    return 0;
}

static int end(struct reading *r, const char *name, int depth)
{
    if (depth == 1 && r->in_entry && begins_entry(name)) {
        r->in_entry = false;
        if (!r->entry.key[0])
            return sg_fail(r->e, SG_ECORRUPT, "S3: an entry of a list has no key");
        return r->fn ? r->fn(r->ctx, &r->entry, r->e) : 0;
    }
    struct sg_str text = sg_buf_str(&r->text);
    bool good = strcmp(r->name, name) != 0 /* of an element that had others within */
                || (r->in_entry && depth == 2    ? set_entry(&r->entry, name, text)
                    : !r->in_entry && depth == 1 ? set_answer(r->out, name, text)
                                                 : true);
    r->name[0] = '\0';
    sg_buf_reset(&r->text);
    return good ? 0 : sg_fail(r->e, SG_ECORRUPT, "S3: a bad %s in an answer", name);
}

static int take_node(struct reading *r, xmlTextReaderPtr reader)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(reader);
    const char *value = (const char *)xmlTextReaderConstValue(reader);
    int depth = xmlTextReaderDepth(reader), rc;
    switch (xmlTextReaderNodeType(reader)) {
    case XML_READER_TYPE_ELEMENT:
        rc = begin(r, name ? name : "", depth);
        if (!rc && xmlTextReaderIsEmptyElement(reader))
            rc = end(r, name ? name : "", depth);
        return rc;
    case XML_READER_TYPE_END_ELEMENT:
        return end(r, name ? name : "", depth);
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        if (value && r->text.n + strlen(value) > 4 * S3_TEXT_MAX)
            return sg_fail(r->e, SG_ECORRUPT, "S3: a value in an answer is too long");
        sg_buf_puts(&r->text, value ? value : "");
        return sg_buf_failed(&r->text) ? sg_fail(r->e, SG_ENOMEM, "S3") : 0;
    case XML_READER_TYPE_DOCUMENT_TYPE:
    case XML_READER_TYPE_ENTITY_REFERENCE:
        return sg_fail(r->e, SG_ECORRUPT, "S3: an answer with entities");
    default:
        return 0;
    }
}

static void be_silent(void *ctx, const char *message, xmlParserSeverities severity,
                      xmlTextReaderLocatorPtr where)
{
    (void)ctx, (void)message, (void)severity, (void)where;
}

int s3_answer_read(struct sg_str xml, struct s3_answer *out, s3_on_entry *fn, void *ctx,
                   struct sg_error *e)
{
    *out = (struct s3_answer){.root = ""};
    if (!xml.n || xml.n > INT32_MAX)
        return sg_fail(e, SG_ECORRUPT, "S3: an empty answer");
    struct reading *r = calloc(1, sizeof *r);
    xmlTextReaderPtr reader =
        r ? xmlReaderForMemory(xml.p, (int)xml.n, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOCDATA)
          : NULL;
    if (!reader) {
        free(r);
        return sg_fail(e, SG_ENOMEM, "S3");
    }
    xmlTextReaderSetErrorHandler(reader, be_silent, NULL);
    *r = (struct reading){.out = out, .fn = fn, .ctx = ctx, .e = e};
    int rc = 0, more = 0;
    while (!rc && (more = xmlTextReaderRead(reader)) == 1)
        rc = take_node(r, reader);
    if (!rc && (more < 0 || !out->root[0]))
        rc = sg_fail(e, SG_ECORRUPT, "S3: an answer is no XML");
    xmlFreeTextReader(reader);
    sg_buf_free(&r->text);
    free(r);
    return rc;
}
