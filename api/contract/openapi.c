/* openapi.c - see openapi.h. */
#include "api/contract/openapi.h"
#include "api/contract/records.h"
#include "api/route.h"
#include "schemas/views.h"
#include <jansson.h>
#include <stdlib.h>

static json_t *record_schema(const struct sg_record *r)
{
    struct sg_buf b = {0};
    sg_record_openapi(r, &b);
    json_t *schema = json_loadb(b.p, b.n, 0, NULL);
    sg_buf_free(&b);
    return schema;
}

static json_t *ref(const struct sg_record *r)
{
    return json_pack("{s:s+}", "$ref", "#/components/schemas/", r->name);
}

static json_t *param_schema(const struct sg_param *p, const struct sg_record *of)
{
    if (p->schema)
        return json_loads(p->schema, 0, NULL);
    json_t *whole = record_schema(of);
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
    return json_pack("{s:s%,s:s,s:b,s:o}", "name", name.p, name.n, "in", "path", "required", 1,
                     "schema", schema);
}

static json_t *if_match(bool required)
{
    return json_pack("{s:s,s:s,s:s,s:b,s:{s:s}}", "name", "If-Match", "in", "header", "description",
                     "The ETag of the version this is about; 412 when it is not the present one.",
                     "required", required, "schema", "type", "string");
}

/* As api/idempotency does it. */
static bool takes_key(const struct sg_route *r)
{
    return r->method && strcmp(r->method, "POST") == 0 && !r->ends_itself &&
           r->access != SG_ANYONE && r->access != SG_OPERATIONS &&
           strncmp(r->path, "/api/v1/auth/", 13) != 0;
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

static void add_headers(json_t *list, const struct sg_route *r)
{
    const char *at = r->headers ? r->headers : "";
    while (*at) {
        size_t n = strcspn(at, " ");
        json_array_append_new(list, json_pack("{s:s%,s:s,s:b,s:{s:s}}", "name", at, n, "in",
                                              "header", "required", 0, "schema", "type", "string"));
        at += n + (at[n] == ' ');
    }
}

static json_t *params(const struct sg_route *r)
{
    json_t *list = json_array();
    for (const char *at = r->path; (at = strchr(at, '{')); at++)
        json_array_append_new(list,
                              hole((struct sg_str){at + 1, (size_t)(strchr(at, '}') - at - 1)}));
    for (const struct sg_param *p = r->params; p && p->name; p++)
        json_array_append_new(list, param(r, p));
    if (r->answers & (SG_ANSWERS_412 | SG_ANSWERS_428))
        json_array_append_new(list, if_match(r->answers & SG_ANSWERS_428));
    if (takes_key(r))
        json_array_append_new(list, idempotency_key());
    add_headers(list, r);
    return list;
}

static json_t *content(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema);
}

static void add_problem(json_t *responses, const struct sg_route *r, const char *status,
                        const char *what)
{
    json_t *types = content("application/problem+json", ref(&sg_problem_record));
    if (r->problem)
        json_object_update_new(types, content("application/json", ref(r->problem)));
    json_object_set_new(responses, status,
                        json_pack("{s:s,s:o}", "description", what, "content", types));
}

static void add_success(json_t *o, const struct sg_route *r)
{
    char status[8];
    int n = r->status ? r->status : r->reply || r->content_type ? 200 : 204;
    snprintf(status, sizeof status, "%d", n);
    if (n >= 300) {
        json_object_set_new(o, status,
                            json_pack("{s:s,s:{s:{s:b,s:{s:s}}}}", "description", "It is there",
                                      "headers", "Location", "required", 1, "schema", "type",
                                      "string"));
        return;
    }
    if (!r->reply && !r->content_type) {
        json_object_set_new(o, status, json_pack("{s:s}", "description", "Done"));
        return;
    }
    bool free_form = !r->reply && strstr(r->content_type, "json");
    json_t *schema = r->reply    ? ref(r->reply)
                     : free_form ? json_pack("{s:s}", "type", "object")
                                 : json_pack("{s:s}", "type", "string");
    const char *type = r->reply ? "application/json" : r->content_type;
    json_object_set_new(
        o, status,
        json_pack("{s:s,s:o}", "description", "The answer", "content", content(type, schema)));
    if (r->reply == &sg_health_view_record)
        json_object_set_new(o, "503",
                            json_pack("{s:s,s:o}", "description", "A dependency is down", "content",
                                      content("application/json", ref(r->reply))));
}

static void add_further(json_t *o, const struct sg_route *r)
{
    static const struct {
        unsigned bit;
        const char *status, *what;
    } further[] = {
        {SG_ANSWERS_403, "403", "This is not the caller's to do"},
        {SG_ANSWERS_404, "404", "There is no such thing"},
        {SG_ANSWERS_409, "409", "The present state does not allow this"},
        {SG_ANSWERS_410, "410", "It is no longer there"},
        {SG_ANSWERS_412, "412", "It has changed since it was read"},
        {SG_ANSWERS_413, "413", "The body is too large"},
        {SG_ANSWERS_415, "415", "This format is not read"},
        {SG_ANSWERS_416, "416", "No such part of it"},
        {SG_ANSWERS_422, "422", "What was sent cannot be used"},
        {SG_ANSWERS_428, "428", "If-Match is needed"},
        {SG_ANSWERS_460, "460", "The bytes that came have another checksum"},
    };
    if (r->answers & SG_ANSWERS_206)
        json_object_set_new(o, "206",
                            json_pack("{s:s,s:o}", "description", "The parts that Range names",
                                      "content",
                                      content("*/*", json_pack("{s:s}", "type", "string"))));
    if (r->answers & SG_ANSWERS_302)
        json_object_set_new(o, "302", json_pack("{s:s}", "description", "It is elsewhere"));
    for (size_t i = 0; i < sizeof further / sizeof *further; i++)
        if (r->answers & further[i].bit && !json_object_get(o, further[i].status))
            add_problem(o, r, further[i].status, further[i].what);
}

/* A key may be told; must be, where api.require_key is on; a token as the route asks. */
static void add_security(json_t *o, json_t *answers, const struct sg_route *r)
{
    json_t *any = json_pack("[{}{s:[]}{s:[]}]", "bearer", "api_key");
    json_object_set_new(
        o, "security", r->access == SG_ANYONE ? json_incref(any) : json_pack("[{s:[]}]", "bearer"));
    json_decref(any);
    add_problem(answers, r, "401", "The token or API key is missing, wrong, expired or revoked");
    add_problem(answers, r, "403", "This is not allowed to the caller, or not with the API key");
    add_problem(answers, r, "429", "Too many requests; Retry-After says when to come again");
}

static json_t *responses(const struct sg_route *r)
{
    json_t *o = json_object();
    add_success(o, r);
    add_further(o, r);
    if (r->headers)
        add_problem(o, r, "412", "Another version of the protocol is spoken here");
    if (r->params || r->body || r->body_type || r->headers || strchr(r->path, '{'))
        add_problem(o, r, "400", "A parameter or the body is wrong; `field` names it");
    if (takes_key(r)) {
        add_problem(o, r, "409",
                    "The present state, or another request of this key, does not allow it");
        add_problem(o, r, "422",
                    "The key was used for another request, or what was sent cannot be used");
    }
    if (strchr(r->path, '{') && !json_object_get(o, "404"))
        add_problem(o, r, "404", "There is no such thing");
    json_object_set_new(o, "414",
                        json_pack("{s:s}", "description", "The address is longer than is read"));
    json_object_set_new(o, "431",
                        json_pack("{s:s}", "description", "The headers are longer than are read"));
    if ((r->body || r->body_type) && !json_object_get(o, "413"))
        add_problem(o, r, "413", "The body is too large");
    if (r->access != SG_OPERATIONS || r->answers & SG_ANSWERS_503 ||
        strncmp(r->path, "/metrics/", 9) == 0) {
        add_problem(o, r, "503", "A service behind the API is not answering");
        add_problem(o, r, "504", "The answer took too long");
    }
    return o;
}

static json_t *security_schemes(void)
{
    return json_pack("{s:{s:s,s:s},s:{s:s,s:s,s:s}}", "bearer", "type", "http", "scheme", "bearer",
                     "api_key", "type", "apiKey", "in", "header", "name", "X-API-Key");
}

static json_t *request_body(const struct sg_route *r)
{
    return json_pack("{s:b,s:o}", "required", !r->body_optional, "content",
                     r->body   ? content("application/json", ref(r->body))
                     : r->form ? content(r->body_type, ref(r->form))
                               : content(r->body_type, json_pack("{s:s}", "type", "string")));
}

static json_t *operation(const struct sg_route *r)
{
    json_t *o =
        json_pack("{s:s,s:s,s:[s]}", "operationId", r->name, "summary", r->summary, "tags", r->tag);
    if (r->help)
        json_object_set_new(o, "description", json_string(r->help));
    json_t *list = params(r), *answers = responses(r);
    if (json_array_size(list))
        json_object_set(o, "parameters", list);
    json_decref(list);
    if (r->body || r->body_type)
        json_object_set_new(o, "requestBody", request_body(r));
    json_object_set_new(o, "responses", answers);
    if (!sg_route_is_open(r))
        add_security(o, answers, r);
    return o;
}

/* Beside the other methods of its path. */
static void add_operation(json_t *paths, const struct sg_route *r)
{
    char method[16] = "get";
    for (size_t i = 0; r->method && i <= strlen(r->method) && i < sizeof method; i++)
        method[i] = (char)(r->method[i] | (r->method[i] ? 32 : 0));
    json_t *path = json_object_get(paths, r->path);
    if (!path) {
        path = json_object();
        json_object_set_new(paths, r->path, path);
    }
    json_object_set_new(path, method, operation(r));
}

static const char about[] =
    "Music search, completion, recommendation, playback, playlists and what people do with "
    "them.\n\n"
    "Log in with `POST /api/v1/auth/login` and send `Authorization: Bearer TOKEN`. Errors are "
    "problem documents (RFC 9457) whose `code` is stable. Every answer has `X-Request-Id` and "
    "`traceparent`; limits are told by `RateLimit` and `RateLimit-Policy`, and 429 and 503 by "
    "`Retry-After`. An answer to a write may carry `Segue-Consistency`: sent back with a later "
    "request, to whichever server, that one sees the write. `GET` answers have an `ETag` for "
    "`If-None-Match`; what is edited takes it in `If-Match`.";

/* What is left out of a change stays, and null clears what may be absent. */
static void let_null(json_t *schema)
{
    const char *name;
    void *next;
    json_t *property, *properties = json_object_get(schema, "properties");
    json_object_foreach_safe(properties, next, name, property)
    {
        json_t *type = json_object_get(property, "type"), *of = json_object_get(property, "$ref");
        if (json_is_string(type))
            json_object_set_new(property, "type", json_pack("[O,s]", type, "null"));
        if (json_object_get(property, "enum"))
            json_array_append_new(json_object_get(property, "enum"), json_null());
        if (of)
            json_object_set_new(
                properties, name,
                json_pack("{s:[{s:O},{s:s}]}", "anyOf", "$ref", of, "type", "null"));
        json_object_del(property, "default");
    }
}

static void let_changes_clear(json_t *schemas)
{
    const struct sg_route *r;
    for (struct sg_route_walk walk = {0}; (r = sg_route_next(&walk));) {
        json_t *schema = r->body ? json_object_get(schemas, r->body->name) : NULL;
        if (schema && r->method && strcmp(r->method, "PATCH") == 0 &&
            !json_object_get(schema, "required"))
            let_null(schema);
    }
}

static json_t *document(void)
{
    struct sg_records c = {0};
    json_t *paths = json_object(), *schemas = json_object();
    const struct sg_route *r;
    for (struct sg_route_walk walk = {0}; (r = sg_route_next(&walk));)
        add_operation(paths, r);
    sg_records_of_routes(&c);
    for (size_t i = 0; i < c.n; i++)
        json_object_set_new(schemas, c.v[i]->name, record_schema(c.v[i]));
    let_changes_clear(schemas);
    return json_pack("{s:s,s:{s:s,s:s,s:s,s:{s:s,s:s}},s:o,s:{s:o,s:o}}", "openapi", "3.1.0",
                     "info", "title", "Segue", "version", SEGUE_VERSION, "description", about,
                     "license", "name", "GPL-3.0-or-later", "identifier", "GPL-3.0-or-later",
                     "paths", paths, "components", "schemas", schemas, "securitySchemes",
                     security_schemes());
}

int sg_openapi_json(struct sg_buf *out, struct sg_error *e)
{
    json_t *doc = document();
    char *text = doc ? json_dumps(doc, JSON_COMPACT) : NULL;
    json_decref(doc);
    if (!text)
        return sg_fail(e, SG_EINTERNAL, "the OpenAPI document cannot be made");
    sg_buf_puts(out, text);
    free(text);
    return 0;
}

static bool is_scalar(const json_t *v)
{
    return !(json_is_object(v) && json_object_size(v)) && !(json_is_array(v) && json_array_size(v));
}

/* Scalars and empty containers are the same in YAML as in JSON. */
static void yaml_scalar(FILE *to, const json_t *v)
{
    char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
    fprintf(to, "%s\n", text ? text : "null");
    free(text);
}

static void yaml_value(FILE *to, json_t *v, int indent);

static void yaml_object(FILE *to, json_t *v, int indent, bool in_list)
{
    const char *key;
    json_t *child;
    bool first = in_list;
    json_object_foreach(v, key, child)
    {
        json_t *name = json_string(key);
        char *quoted = json_dumps(name, JSON_ENCODE_ANY);
        json_decref(name);
        bool plain =
            strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == strlen(key);
        fprintf(to, "%*s%s:", first ? 0 : indent, "", plain ? key : quoted);
        free(quoted);
        first = false;
        if (is_scalar(child)) {
            fputc(' ', to);
            yaml_scalar(to, child);
        } else {
            fputc('\n', to);
            yaml_value(to, child, indent + 2);
        }
    }
}

static void yaml_value(FILE *to, json_t *v, int indent)
{
    size_t i;
    json_t *child;
    if (json_is_object(v)) {
        yaml_object(to, v, indent, false);
        return;
    }
    json_array_foreach(v, i, child)
    {
        fprintf(to, "%*s- ", indent, "");
        if (is_scalar(child))
            yaml_scalar(to, child);
        else
            yaml_object(to, child, indent + 2, true);
    }
}

int sg_openapi_yaml(FILE *to, struct sg_error *e)
{
    json_t *doc = document();
    if (!doc)
        return sg_fail(e, SG_EINTERNAL, "the OpenAPI document cannot be made");
    fputs("# Made by `segue-api openapi --yaml` from the routes and records; do not edit.\n", to);
    yaml_value(to, doc, 0);
    json_decref(doc);
    return 0;
}
