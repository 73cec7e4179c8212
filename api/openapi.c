/* openapi.c - see openapi.h. */
#include "api/openapi.h"
#include "api/route.h"
#include "schemas/views.h"
#include <jansson.h>
#include <stdlib.h>

enum { RECORDS_MAX = 128 };
struct components {
    const struct sg_record *v[RECORDS_MAX];
    size_t n;
};

/* The record and all that it holds, once each. */
static void collect(struct components *c, const struct sg_record *r)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->v[i] == r)
            return;
    if (c->n == RECORDS_MAX)
        return;
    c->v[c->n++] = r;
    for (size_t i = 0; i < r->n_fields; i++)
        if (r->fields[i].record)
            collect(c, r->fields[i].record);
}

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

static json_t *param(const struct sg_param *p, const struct sg_record *of)
{
    const struct sg_field *f = p->field ? sg_record_field(of, p->field) : NULL;
    bool required = f && !(f->flags & (SG_OPTIONAL | SG_LIST));
    json_t *o = json_pack("{s:s,s:s,s:s,s:b,s:o}", "name", p->name, "in", "query", "description",
                          p->help, "required", required, "schema", param_schema(p, of));
    if (!f || (f->flags & SG_LIST))
        json_object_set_new(o, "explode", json_false());
    return o;
}

static json_t *params(const struct sg_route *r)
{
    json_t *list = json_array();
    if (strstr(r->path, "{id}"))
        json_array_append_new(list,
                              json_pack("{s:s,s:s,s:b,s:{s:s,s:i}}", "name", "id", "in", "path",
                                        "required", 1, "schema", "type", "integer", "minimum", 1));
    if (strstr(r->path, "{search_id}"))
        json_array_append_new(list, json_pack("{s:s,s:s,s:b,s:{s:s,s:s}}", "name", "search_id",
                                              "in", "path", "required", 1, "schema", "type",
                                              "string", "format", "uuid"));
    for (const struct sg_param *p = r->params; p && p->name; p++)
        json_array_append_new(list, param(p, r->params_of));
    return list;
}

static json_t *content(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema);
}

static void add_problem(json_t *responses, const char *status, const char *what)
{
    json_object_set_new(responses, status,
                        json_pack("{s:s,s:o}", "description", what, "content",
                                  content("application/problem+json", ref(&sg_problem_record))));
}

static json_t *responses(const struct sg_route *r)
{
    json_t *o = json_object();
    if (!r->reply && !r->content_type) {
        json_object_set_new(o, "204", json_pack("{s:s}", "description", "Done"));
        add_problem(o, "400", "A parameter or the body is wrong; `field` names it");
        if (r->body)
            add_problem(o, "404", "There is no such thing");
        add_problem(o, "503", "It cannot be kept right now");
        add_problem(o, "504", "The answer took too long");
        return o;
    }
    json_t *schema = r->reply ? ref(r->reply)
                     : strcmp(r->content_type, "application/json") == 0
                         ? json_pack("{s:s}", "type", "object")
                         : json_pack("{s:s}", "type", "string");
    const char *type = r->reply ? "application/json" : r->content_type;
    json_object_set_new(
        o, "200",
        json_pack("{s:s,s:o}", "description", "The answer", "content", content(type, schema)));
    if (r->params || strstr(r->path, "{id}"))
        add_problem(o, "400", "A parameter is wrong; `field` names it");
    if (strstr(r->path, "{id}"))
        add_problem(o, "404", "There is no such thing");
    if (r->reply == &sg_health_view_record)
        json_object_set_new(o, "503",
                            json_pack("{s:s,s:o}", "description", "A dependency is down", "content",
                                      content("application/json", ref(r->reply))));
    else if (strcmp(r->path, "/metrics") != 0 && strcmp(r->path, "/openapi.json") != 0) {
        add_problem(o, "503", "A service behind the API is not answering");
        add_problem(o, "504", "The answer took too long");
    }
    return o;
}

/* May be told; must be, where api.require_key is on. */
static void add_key(json_t *o)
{
    json_t *answers = json_object_get(o, "responses");
    json_object_set_new(o, "security", json_pack("[{}{s:[]}{s:[]}]", "bearer", "api_key"));
    add_problem(answers, "401", "The API key is missing, wrong, expired or revoked");
    add_problem(answers, "403", "The API key is not for this market");
}

static json_t *security_schemes(void)
{
    return json_pack("{s:{s:s,s:s},s:{s:s,s:s,s:s}}", "bearer", "type", "http", "scheme", "bearer",
                     "api_key", "type", "apiKey", "in", "header", "name", "X-API-Key");
}

static json_t *operation(const struct sg_route *r)
{
    json_t *o = json_pack("{s:s,s:[s]}", "summary", r->summary, "tags", r->tag);
    if (r->help)
        json_object_set_new(o, "description", json_string(r->help));
    json_t *list = params(r);
    if (json_array_size(list))
        json_object_set(o, "parameters", list);
    json_decref(list);
    if (r->body)
        json_object_set_new(o, "requestBody",
                            json_pack("{s:b,s:o}", "required", 1, "content",
                                      content("application/json", ref(r->body))));
    json_object_set_new(o, "responses", responses(r));
    if (!sg_route_is_open(r))
        add_key(o);
    return o;
}

/* Beside the other methods of its path. */
static void add_operation(json_t *paths, const struct sg_route *r)
{
    const char *method = !r->method ? "get" : strcmp(r->method, "DELETE") == 0 ? "delete" : "post";
    json_t *path = json_object_get(paths, r->path);
    if (!path) {
        path = json_object();
        json_object_set_new(paths, r->path, path);
    }
    json_object_set_new(path, method, operation(r));
}

static json_t *document(void)
{
    struct components c = {0};
    json_t *paths = json_object(), *schemas = json_object();
    collect(&c, &sg_problem_record);
    for (const struct sg_route *r = sg_routes; r->path; r++) {
        add_operation(paths, r);
        if (r->reply)
            collect(&c, r->reply);
        if (r->body)
            collect(&c, r->body);
    }
    for (size_t i = 0; i < c.n; i++)
        json_object_set_new(schemas, c.v[i]->name, record_schema(c.v[i]));
    return json_pack("{s:s,s:{s:s,s:s,s:s,s:{s:s,s:s}},s:o,s:{s:o,s:o}}", "openapi", "3.1.0",
                     "info", "title", "Segue", "version", SEGUE_VERSION, "description",
                     "Music search, completion and recommendation.", "license", "name",
                     "GPL-3.0-or-later", "identifier", "GPL-3.0-or-later", "paths", paths,
                     "components", "schemas", schemas, "securitySchemes", security_schemes());
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
