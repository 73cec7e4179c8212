/* by_mail.h - tokens that a mail brings; private to api/accounts.
 *
 * Whether there is such an account decides only what the mail says, and whether one is sent: the
 * answer, and the work until then, is the same, and mails leave by another thread.
 */
#pragma once
#include "api/accounts/parts.h"

struct mail_token {
    char text[44], hash[65]; /* for the mail; for the database, in hex */
};
void mail_token_make(struct mail_token *t);
/* The hash of a told one. */
void mail_token_hash(struct sg_str told, char hash[65]);
/* "https://music.example.org/#verify=TOKEN" */
void mail_link(const struct sg_accounts *x, const char *what, const char *token,
               struct sg_buf *out);
