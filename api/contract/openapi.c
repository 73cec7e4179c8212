/* openapi.c - see openapi.h. */
#include "api/contract/openapi.h"
#include "api/contract/parts.h"
#include "api/contract/records.h"
#include <stdlib.h>

json_t *contract_schema(const struct sg_record *r)
{
    struct sg_buf b = {0};
    sg_record_openapi(r, &b);
    json_t *schema = json_loadb(b.p, b.n, 0, NULL);
    sg_buf_free(&b);
    return schema;
}

json_t *contract_ref(const struct sg_record *r)
{
    return json_pack("{s:s+}", "$ref", "#/components/schemas/", r->name);
}

static json_t *security_schemes(void)
{
    return json_pack("{s:{s:s,s:s},s:{s:s,s:s,s:s}}", "bearer", "type", "http", "scheme", "bearer",
                     "api_key", "type", "apiKey", "in", "header", "name", "X-API-Key");
}

static json_t *request_body(const struct sg_route *r)
{
    return json_pack("{s:b,s:o}", "required", !r->body_optional, "content",
                     r->body ? contract_content("application/json", contract_ref(r->body))
                     : r->form
                         ? contract_content(r->body_type, contract_ref(r->form))
                         : contract_content(r->body_type, json_pack("{s:s}", "type", "string")));
}

static json_t *operation(const struct sg_route *r)
{
    json_t *o =
        json_pack("{s:s,s:s,s:[s]}", "operationId", r->name, "summary", r->summary, "tags", r->tag);
    if (r->help)
        json_object_set_new(o, "description", json_string(r->help));
    json_t *list = contract_params(r), *answers = contract_answers(r);
    if (json_array_size(list))
        json_object_set(o, "parameters", list);
    json_decref(list);
    if (r->body || r->body_type)
        json_object_set_new(o, "requestBody", request_body(r));
    json_object_set_new(o, "responses", answers);
    if (!sg_route_is_open(r))
        contract_add_security(o, answers, r);
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

/* In the order they are read in. */
static const char *const tags[][2] = {
    {"Discovery", "Search, completion, recommendations, radio, mixes, charts"},
    {"Catalogue",
     "Songs, albums, artists and genres: read by all, edited by their artists and admins"},
    {"Lyrics", "Words with times, in several languages"},
    {"Media", "Pictures and audio, at addresses that answers give"},
    {"Playback", "Streams, devices that play, licences, songs kept offline"},
    {"Plays", "What was played, how far, and tokens of players that tell it"},
    {"ListenBrainz", "Submitting listens as ListenBrainz's API takes them"},
    {"Feedback", "What a listener says of songs and artists"},
    {"Library", "Liked songs and saved albums"},
    {"Playlists", "Made, edited together, shared, imported and exported"},
    {"Social", "Following, followers, blocks, the feed"},
    {"Sharing", "Shares, their inbox and links; blends; reports"},
    {"Accounts", "Registration, login, sessions, passwords"},
    {"Users", "Profiles, subscriptions, roles, export and deletion"},
    {"Uploads", "An artist's recordings, whole or resumable, and what becomes of them"},
    {"Operations", "Health, metrics, this document and its client"},
};

static json_t *tag_list(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        json_array_append_new(
            list, json_pack("{s:s,s:s}", "name", tags[i][0], "description", tags[i][1]));
    return list;
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
        json_object_set_new(schemas, c.v[i]->name, contract_schema(c.v[i]));
    let_changes_clear(schemas);
    return json_pack("{s:s,s:{s:s,s:s,s:s,s:{s:s,s:s}},s:o,s:o,s:{s:o,s:o}}", "openapi", "3.1.0",
                     "info", "title", "Segue", "version", SEGUE_VERSION, "description", about,
                     "license", "name", "GPL-3.0-or-later", "identifier", "GPL-3.0-or-later",
                     "tags", tag_list(), "paths", paths, "components", "schemas", schemas,
                     "securitySchemes", security_schemes());
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

int sg_openapi_yaml(FILE *to, struct sg_error *e)
{
    json_t *doc = document();
    if (!doc)
        return sg_fail(e, SG_EINTERNAL, "the OpenAPI document cannot be made");
    fputs("# Made by `segue-api openapi --yaml` from the routes and records; do not edit.\n", to);
    contract_yaml(to, doc);
    json_decref(doc);
    return 0;
}
