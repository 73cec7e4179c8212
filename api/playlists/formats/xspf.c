/* xspf.c - XSPF (https://xspf.org/spec) by libxml2's pull reader: the file is never a
 * tree. No DTD is loaded, no entity of one replaced, nothing fetched; a file with a DTD is
 * refused, so that neither entities within entities nor outside files are ever looked at. */
#include "api/playlists/formats/parts.h"
#include <libxml/xmlreader.h>
#include <stdlib.h>

#define DEPTH_MAX 16

struct xspf {
    struct sheet_reader out;
    xmlTextReaderPtr xml;
    struct sg_sheet_entry entry;
    bool in_track, found;
};

static void quiet(void *ctx, const char *message, xmlParserSeverities severity,
                  xmlTextReaderLocatorPtr locator)
{
    (void)ctx, (void)message, (void)severity, (void)locator;
}

static bool is(const struct xspf *x, const char *name)
{
    const xmlChar *local = xmlTextReaderConstLocalName(x->xml);
    return local && strcmp((const char *)local, name) == 0;
}

/* The text within the present element, to its end. */
static int text_within(struct xspf *x, struct sg_str *out)
{
    struct sg_buf b = {0};
    int depth = xmlTextReaderDepth(x->xml), more = 1;
    if (!xmlTextReaderIsEmptyElement(x->xml))
        while ((more = xmlTextReaderRead(x->xml)) == 1 && xmlTextReaderDepth(x->xml) > depth) {
            int kind = xmlTextReaderNodeType(x->xml);
            const xmlChar *value = xmlTextReaderConstValue(x->xml);
            if (xmlTextReaderDepth(x->xml) > DEPTH_MAX)
                more = -1;
            if (more < 0)
                break;
            if ((kind == XML_READER_TYPE_TEXT || kind == XML_READER_TYPE_CDATA ||
                 kind == XML_READER_TYPE_SIGNIFICANT_WHITESPACE) &&
                value && b.n < 4 * SG_SHEET_TEXT)
                sg_buf_put(&b, value, strlen((const char *)value));
        }
    int rc = more < 0 ? sg_fail(x->out.e, SG_EINVAL, "not an XSPF file: it is not well-formed")
                      : sheet_text(&x->out, sg_buf_str(&b), out);
    sg_buf_free(&b);
    return rc;
}

static int name_within(struct xspf *x, bool is_location)
{
    struct sg_str name;
    int rc = text_within(x, &name);
    if (rc)
        return rc;
    sheet_identify(&x->entry, name);
    if (is_location && !x->entry.location.n)
        x->entry.location = name;
    return 0;
}

static int duration_within(struct xspf *x)
{
    struct sg_str text;
    uint64_t ms;
    int rc = text_within(x, &text);
    if (!rc && sg_str_to_u64(text, &ms) && ms <= 86400000)
        x->entry.duration_s = (int64_t)(ms + 500) / 1000;
    return rc;
}

static int in_track(struct xspf *x)
{
    if (is(x, "title"))
        return text_within(x, &x->entry.title);
    if (is(x, "creator"))
        return text_within(x, &x->entry.artist);
    if (is(x, "album"))
        return text_within(x, &x->entry.album);
    if (is(x, "duration"))
        return duration_within(x);
    if (is(x, "location") || is(x, "identifier"))
        return name_within(x, is(x, "location"));
    return 0;
}

static int begin(struct xspf *x)
{
    int depth = xmlTextReaderDepth(x->xml);
    if (depth == 0) {
        x->found = is(x, "playlist");
        return x->found ? 0 : sg_fail(x->out.e, SG_EINVAL, "not an XSPF file: no playlist in it");
    }
    if (depth == 1 && is(x, "title"))
        return text_within(x, &x->out.sheet->title);
    if (depth == 1 && is(x, "annotation"))
        return text_within(x, &x->out.sheet->description);
    if (depth == 2 && is(x, "track")) {
        x->entry = (struct sg_sheet_entry){0};
        x->in_track = !xmlTextReaderIsEmptyElement(x->xml);
        return x->in_track ? 0 : sheet_add(&x->out, &x->entry);
    }
    return x->in_track && depth == 3 ? in_track(x) : 0;
}

static int node(struct xspf *x)
{
    int kind = xmlTextReaderNodeType(x->xml);
    if (kind == XML_READER_TYPE_DOCUMENT_TYPE)
        return sg_fail(x->out.e, SG_EINVAL, "an XSPF file may have no DTD");
    if (xmlTextReaderDepth(x->xml) > DEPTH_MAX)
        return sg_fail(x->out.e, SG_ELIMIT, "nested deeper than %d", DEPTH_MAX);
    if (kind == XML_READER_TYPE_ELEMENT)
        return begin(x);
    if (kind == XML_READER_TYPE_END_ELEMENT && x->in_track && xmlTextReaderDepth(x->xml) == 2) {
        x->in_track = false;
        return sheet_add(&x->out, &x->entry);
    }
    return 0;
}

int sg_xspf_read(struct sg_str file, struct sg_arena *a, struct sg_sheet *out, struct sg_error *e)
{
    *out = (struct sg_sheet){.title = SG_STR(""), .description = SG_STR("")};
    struct xspf x = {.out = {.sheet = out, .arena = a, .e = e}};
    if (file.n > SG_SHEET_BYTES)
        return sg_fail(e, SG_ELIMIT, "the file is over %u bytes", SG_SHEET_BYTES);
    x.xml = xmlReaderForMemory(file.p ? file.p : "", (int)file.n, NULL, NULL,
                               XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!x.xml)
        return sg_fail(e, file.n ? SG_ENOMEM : SG_EINVAL, "an XSPF file");
    xmlTextReaderSetErrorHandler(x.xml, quiet, NULL);
    int rc = 0, more;
    while (!rc && (more = xmlTextReaderRead(x.xml)) == 1)
        rc = node(&x);
    if (!rc && (more < 0 || !x.found))
        rc = sg_fail(e, SG_EINVAL, "not an XSPF file: it is not well-formed");
    xmlFreeTextReader(x.xml);
    return rc;
}

static void put_escaped(struct sg_buf *out, struct sg_str text)
{
    struct sg_buf clean = {0};
    sheet_put_line(&clean, text);
    for (size_t i = 0; i < clean.n; i++)
        switch (clean.p[i]) {
        case '&':
            sg_buf_puts(out, "&amp;");
            break;
        case '<':
            sg_buf_puts(out, "&lt;");
            break;
        case '>':
            sg_buf_puts(out, "&gt;");
            break;
        case '"':
            sg_buf_puts(out, "&quot;");
            break;
        default:
            sg_buf_putc(out, clean.p[i]);
        }
    out->failed = out->failed || sg_buf_failed(&clean);
    sg_buf_free(&clean);
}

static void put_element(struct sg_buf *out, const char *name, const char *before,
                        struct sg_str value)
{
    if (!value.n)
        return;
    sg_buf_printf(out, "<%s>%s", name, before);
    put_escaped(out, value);
    sg_buf_printf(out, "</%s>", name);
}

static void put_track(struct sg_buf *out, const struct sg_sheet_entry *x)
{
    sg_buf_puts(out, "<track>");
    put_element(out, "location", "", x->location);
    if (x->song_id)
        sg_buf_printf(out, "<identifier>segue:song:%llu</identifier>",
                      (unsigned long long)x->song_id);
    put_element(out, "identifier", "isrc:", x->isrc);
    put_element(out, "title", "", x->title);
    put_element(out, "creator", "", x->artist);
    put_element(out, "album", "", x->album);
    if (x->duration_s)
        sg_buf_printf(out, "<duration>%lld</duration>", (long long)x->duration_s * 1000);
    sg_buf_puts(out, "</track>\n");
}

void sg_xspf_write(const struct sg_sheet *s, struct sg_buf *out)
{
    sg_buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<playlist version=\"1\" xmlns=\"http://xspf.org/ns/0/\">\n");
    put_element(out, "title", "", s->title);
    put_element(out, "annotation", "", s->description);
    sg_buf_puts(out, "<trackList>\n");
    for (size_t i = 0; i < s->n; i++)
        put_track(out, &s->v[i]);
    sg_buf_puts(out, "</trackList>\n</playlist>\n");
}
