/* answers.c - what a route may answer, and who may ask it. */
#include "api/contract/parts.h"
#include "schemas/views.h"
#include <string.h>

json_t *contract_content(const char *type, json_t *schema)
{
    return json_pack("{s:{s:o}}", type, "schema", schema);
}

static void add_problem(json_t *responses, const struct sg_route *r, const char *status,
                        const char *what)
{
    json_t *types = contract_content("application/problem+json", contract_ref(&sg_problem_record));
    if (r->problem)
        json_object_update_new(types,
                               contract_content("application/json", contract_ref(r->problem)));
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
    json_t *schema = r->reply    ? contract_ref(r->reply)
                     : free_form ? json_pack("{s:s}", "type", "object")
                                 : json_pack("{s:s}", "type", "string");
    const char *type = r->reply ? "application/json" : r->content_type;
    json_object_set_new(o, status,
                        json_pack("{s:s,s:o}", "description", "The answer", "content",
                                  contract_content(type, schema)));
    if (r->reply == &sg_health_view_record)
        json_object_set_new(
            o, "503",
            json_pack("{s:s,s:o}", "description", "A dependency is down", "content",
                      contract_content("application/json", contract_ref(r->reply))));
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
        json_object_set_new(
            o, "206",
            json_pack("{s:s,s:o}", "description", "The parts that Range names", "content",
                      contract_content("*/*", json_pack("{s:s}", "type", "string"))));
    if (r->answers & SG_ANSWERS_302)
        json_object_set_new(o, "302", json_pack("{s:s}", "description", "It is elsewhere"));
    for (size_t i = 0; i < sizeof further / sizeof *further; i++)
        if (r->answers & further[i].bit && !json_object_get(o, further[i].status))
            add_problem(o, r, further[i].status, further[i].what);
}

/* A key may be told; must be, where api.require_key is on; a token as the route asks. */
void contract_add_security(json_t *o, json_t *answers, const struct sg_route *r)
{
    json_t *any = json_pack("[{}{s:[]}{s:[]}]", "bearer", "api_key");
    json_object_set_new(
        o, "security", r->access == SG_ANYONE ? json_incref(any) : json_pack("[{s:[]}]", "bearer"));
    json_decref(any);
    add_problem(answers, r, "401", "The token or API key is missing, wrong, expired or revoked");
    add_problem(answers, r, "403", "This is not allowed to the caller, or not with the API key");
    add_problem(answers, r, "429", "Too many requests; Retry-After says when to come again");
}

json_t *contract_answers(const struct sg_route *r)
{
    json_t *o = json_object();
    add_success(o, r);
    add_further(o, r);
    if (r->headers)
        add_problem(o, r, "412", "Another version of the protocol is spoken here");
    bool asks = r->params || r->body || r->body_type || r->headers || strchr(r->path, '{');
    add_problem(o, r, "400",
                asks ? "A parameter or the body is wrong; `field` names it"
                     : "The request is malformed: a NUL in its query, for one");
    if (contract_takes_key(r)) {
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
