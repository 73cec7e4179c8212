/* openapi.c - records as OpenAPI 3.1 component schemas (JSON Schema 2020-12). */
#include "core/record/fields.h"

static void put_ref(struct sg_buf *b, const struct sg_record *r)
{
    sg_buf_printf(b, "\"$ref\":\"#/components/schemas/%s\"", r->name);
}

static void put_default(struct sg_buf *b, const struct sg_field *f)
{
    if (!(f->flags & SG_OPTIONAL) || f->flags & SG_LIST)
        return;
    if (f->type == SG_T_BOOL)
        sg_buf_printf(b, ",\"default\":%s", f->dflt ? "true" : "false");
    else if ((f->type == SG_T_U64 || f->type == SG_T_I64 || f->type == SG_T_F64) &&
             f->dflt >= f->min && f->dflt <= f->max) /* else it stands for none */
        sg_buf_printf(b, ",\"default\":%lld", (long long)f->dflt);
}

static void put_choices(struct sg_buf *b, const struct sg_field *f)
{
    sg_buf_puts(b, ",\"enum\":[");
    for (const char *const *c = f->choices; *c; c++) {
        if (c != f->choices)
            sg_buf_putc(b, ',');
        sg_buf_json_str(b, sg_str(*c));
    }
    sg_buf_putc(b, ']');
}

static void put_text(struct sg_buf *b, const struct sg_field *f, bool item)
{
    sg_buf_puts(b, "\"type\":\"string\"");
    if (f->choices)
        put_choices(b, f);
    else if (!item)
        sg_buf_printf(b, ",\"minLength\":%d,\"maxLength\":%lld", f->min > 0, (long long)f->max);
    if (f->format)
        sg_buf_printf(b, ",\"format\":\"%s\"", f->format);
}

/* JSON Schema counts characters, the record bounds bytes: the maximum holds as
 * a bound on characters too, the minimum only for "not empty". */
static void put_item(struct sg_buf *b, const struct sg_field *f, bool item)
{
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        sg_buf_puts(b, "\"type\":\"boolean\"");
        break;
    case SG_T_U64:
    case SG_T_I64:
        sg_buf_puts(b, "\"type\":\"integer\",\"format\":\"int64\"");
        if (!item)
            sg_buf_printf(b, ",\"minimum\":%lld,\"maximum\":%lld", (long long)f->min,
                          (long long)f->max);
        break;
    case SG_T_F64:
        sg_buf_puts(b, "\"type\":\"number\",\"format\":\"double\"");
        break;
    case SG_T_STR:
        put_text(b, f, item);
        break;
    case SG_T_BYTES:
        sg_buf_puts(b, "\"type\":\"string\",\"contentEncoding\":\"base64\"");
        break;
    case SG_T_RECORD:
        put_ref(b, f->record);
        break;
    }
}

static void put_property(struct sg_buf *b, const struct sg_field *f)
{
    sg_buf_printf(b, "\"%s\":{", f->name);
    if (f->flags & SG_LIST) {
        sg_buf_puts(b, "\"type\":\"array\",\"items\":{");
        put_item(b, f, true);
        sg_buf_printf(b, "},\"minItems\":%lld,\"maxItems\":%lld", (long long)f->min,
                      (long long)f->max);
    } else {
        put_item(b, f, false);
    }
    put_default(b, f);
    if (f->help) {
        sg_buf_puts(b, ",\"description\":");
        sg_buf_json_str(b, sg_str(f->help));
    }
    sg_buf_putc(b, '}');
}

void sg_record_openapi(const struct sg_record *r, struct sg_buf *out)
{
    sg_buf_puts(out, "{\"type\":\"object\",\"properties\":{");
    for (size_t i = 0; i < r->n_fields; i++) {
        if (i)
            sg_buf_putc(out, ',');
        put_property(out, &r->fields[i]);
    }
    sg_buf_putc(out, '}');
    bool first = true;
    for (size_t i = 0; i < r->n_fields; i++) {
        if (r->fields[i].flags & SG_OPTIONAL)
            continue;
        sg_buf_printf(out, "%s\"%s\"", first ? ",\"required\":[" : ",", r->fields[i].name);
        first = false;
    }
    sg_buf_puts(out, first ? "}" : "]}");
}
