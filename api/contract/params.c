/* params.c - what a request may tell besides its body: path, query, headers. */
#include "api/contract/parts.h"
#include "api/idempotency/idempotency.h"

static json_t *param_schema(const struct sg_param *p, const struct sg_record *of)
{
    if (p->schema)
        return json_loads(p->schema, 0, NULL);
    json_t *whole = contract_schema(of);
    json_t *field = json_incref(json_object_get(json_object_get(whole, "properties"), p->field));
    json_decref(whole);
    return field;
}

/* Who is logged in need not say who she is. */
static bool is_required(const struct sg_route *r, const struct sg_param *p)
{
    const struct sg_field *f = p->field ? sg_record_field(r->params_of, p->field) : NULL;
    return f && !(f->flags & (SG_OPTIONAL | SG_LIST)) &&
           !(r->for_user && strcmp(p->name, "user_id") == 0);
}

static json_t *param(const struct sg_route *r, const struct sg_param *p)
{
    const struct sg_record *of = r->params_of;
    const struct sg_field *f = p->field ? sg_record_field(of, p->field) : NULL;
    bool required = is_required(r, p);
    json_t *o = json_pack("{s:s,s:s,s:s,s:b,s:o}", "name", p->name, "in", "query", "description",
                          p->help, "required", required, "schema", param_schema(p, of));
    if (!f || (f->flags & SG_LIST))
        json_object_set_new(o, "explode", json_false());
    return o;
}

/* What stands in a path, where its name does not say it. */
static const char *const holes[][2] = {
    {"asset_id", "One recording, encoded: what `stream` names"},
    {"collaborator_id", "The user who edits along"},
    {"device_id", "The device, by the id that registering gave"},
    {"file", "A file's name, as the answer that led here gave it"},
    {"hash", "The picture's hash, as the answer that led here gave it"},
    {"history_id", "One play in the history"},
    {"playback_id", "The playback session"},
    {"search_id", "The search, as its answer named it"},
    {"session_id", "The login"},
    {"share_id", "What was shared"},
    {"token", "What the address was made with; whoever has it may follow it"},
    {"token_id", "The token of a player"},
    {"user_name", "The user's number"},
};

static json_t *hole_help(struct sg_str name)
{
    for (size_t i = 0; i < sizeof holes / sizeof *holes; i++)
        if (sg_str_eq(name, sg_str(holes[i][0])))
            return json_string(holes[i][1]);
    return json_sprintf("The %.*s", (int)(name.n - strlen("_id")), name.p);
}

static json_t *hole(struct sg_str name)
{
    const char *format;
    json_t *schema =
        sg_route_hole_is_number(name, &format)
            ? json_pack("{s:s,s:i,s:I}", "type", "integer", "minimum", 1, "maximum",
                        (json_int_t)INT64_MAX)
            : json_pack("{s:s,s:i,s:i}", "type", "string", "minLength", 1, "maxLength", 200);
    if (format)
        json_object_set_new(schema, "format", json_string(format));
    return json_pack("{s:s%,s:s,s:o,s:b,s:o}", "name", name.p, name.n, "in", "path", "description",
                     hole_help(name), "required", 1, "schema", schema);
}

static json_t *if_match(bool required)
{
    return json_pack("{s:s,s:s,s:s,s:b,s:{s:s}}", "name", "If-Match", "in", "header", "description",
                     "The ETag of the version this is about; 412 when it is not the present one.",
                     "required", required, "schema", "type", "string");
}

bool contract_takes_key(const struct sg_route *r)
{
    return r->method && strcmp(r->method, "POST") == 0 && !r->ends_itself &&
           r->access != SG_OPERATIONS && !sg_idempotency_is_secret(sg_str(r->path));
}

static json_t *idempotency_key(void)
{
    return json_pack("{s:s,s:s,s:s,s:b,s:{s:s,s:i,s:i,s:s}}", "name", "Idempotency-Key", "in",
                     "header", "description",
                     "The client's own name for this request: within 24 hours it is done once, and "
                     "answered the same again.",
                     "required", 0, "schema", "type", "string", "minLength", 1, "maxLength", 255,
                     "pattern", "^[!-~]+$");
}

/* The headers of tus (https://tus.io/protocols/resumable-upload) that a route reads. */
static const char *header_help(struct sg_str name)
{
    static const char *const told[][2] = {
        {"Tus-Resumable", "1.0.0, the protocol's version"},
        {"Upload-Length", "Bytes of the whole file"},
        {"Upload-Metadata", "The form's fields: `name base64,name base64`"},
        {"Upload-Offset", "Where the body's bytes begin: as many as have arrived"},
        {"Upload-Checksum", "`sha1` or `sha256` of the body, a space, base64; 460 when it differs"},
    };
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        if (sg_str_eq(name, sg_str(told[i][0])))
            return told[i][1];
    return "";
}

static void add_headers(json_t *list, const struct sg_route *r)
{
    const char *at = r->headers ? r->headers : "";
    while (*at) {
        size_t n = strcspn(at, " ");
        json_array_append_new(list,
                              json_pack("{s:s%,s:s,s:s,s:b,s:{s:s}}", "name", at, n, "in", "header",
                                        "description", header_help((struct sg_str){at, n}),
                                        "required", 0, "schema", "type", "string"));
        at += n + (at[n] == ' ');
    }
}

json_t *contract_params(const struct sg_route *r)
{
    json_t *list = json_array();
    for (const char *at = r->path; (at = strchr(at, '{')); at++)
        json_array_append_new(list,
                              hole((struct sg_str){at + 1, (size_t)(strchr(at, '}') - at - 1)}));
    for (const struct sg_param *p = r->params; p && p->name; p++)
        json_array_append_new(list, param(r, p));
    if (r->answers & (SG_ANSWERS_412 | SG_ANSWERS_428))
        json_array_append_new(list, if_match(r->answers & SG_ANSWERS_428));
    if (contract_takes_key(r))
        json_array_append_new(list, idempotency_key());
    add_headers(list, r);
    return list;
}
