/* answers.h - what the handlers of accounts share; private to api/accounts. */
#pragma once
#include "api/accounts/person.h"
#include "api/problem.h"
#include "schemas/accounts.h"

/* The body by its record. */
int accounts_body(const struct sg_http_request *q, const struct sg_record *record, void *out,
                  struct sg_error *e);
/* The problem, with Retry-After as told to accounts_may. */
void accounts_problem(struct sg_http_request *q, struct sg_http_response *r,
                      const struct sg_error *e);
/* As its owner sees it. */
int account_view(const struct account *who, struct sg_arena *a, struct sg_me *out,
                 struct sg_error *e);
/* Counts an attempt, of both keys: SG_ERATE, and Retry-After put into r. */
int accounts_may(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
                 enum sg_throttle_kind person, uint64_t who, enum sg_throttle_kind address,
                 struct sg_error *e);
uint64_t accounts_key(const char *email); /* of throttle.h */
/* Answers of secrets are kept nowhere. */
void accounts_no_store(struct sg_http_response *r);
/* Two capitals. */
bool accounts_is_country(struct sg_str s);
/* Text for the database: SG_EINVAL when it holds a zero byte or control characters. In a. */
int accounts_line(struct sg_str s, const char *field, struct sg_arena *a, const char **out,
                  struct sg_error *e);
/* A display name, as titles are judged (core/title.h). In a. */
int accounts_name(struct sg_str s, struct sg_arena *a, const char **out, struct sg_error *e);
/* The password is the account's (who NULL: nobody's); SG_EAUTH otherwise. Counts for the throttle
 * of its key. Its hash may be made anew, in who too: what is written by the right of this password
 * is written only while the row has that hash. */
int accounts_prove(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
                   struct account *who, uint64_t key, struct sg_str password, struct sg_error *e);
/* As accounts_prove of the caller's own account: it is this field of the body that is wrong then.
 */
int accounts_prove_own(struct sg_accounts *x, struct sg_http_request *q, struct sg_http_response *r,
                       struct account *who, struct sg_str password, const char *field,
                       struct sg_error *e);
int accounts_not_own(const char *field, struct sg_error *e);
