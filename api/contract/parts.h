/* parts.h - private to api/contract: the OpenAPI document's parts. What is returned is the
 * caller's. */
#pragma once
#include "api/route.h"
#include <jansson.h>
#include <stdio.h>

/* A record's JSON schema; a reference to it. */
json_t *contract_schema(const struct sg_record *r);
json_t *contract_ref(const struct sg_record *r);
/* {type: {schema}}; takes schema. */
json_t *contract_content(const char *type, json_t *schema);

/* Whether it takes an Idempotency-Key: as api/idempotency does it. */
bool contract_takes_key(const struct sg_route *r);
json_t *contract_params(const struct sg_route *r); /* a list, may be empty */
json_t *contract_answers(const struct sg_route *r);
/* How the operation is asked for, and what is answered to who may not. */
void contract_add_security(json_t *operation, json_t *answers, const struct sg_route *r);

void contract_yaml(FILE *to, json_t *v); /* an object or a list */
