/* mail.h - mails, sent by a thread of their own, so that how long one takes tells nothing.
 *
 * auth.mail_command is run without a shell, with the mail (headers and text) on its standard
 * input, as `sendmail -t` takes it: nothing of it is in the arguments. It has 30 s. Without a
 * command a mail is a file of mode 0600 in var_dir/outbox, at most 10,000 of them. What waits is
 * bounded; a mail that could not be sent is logged without its text and given up after three
 * attempts. Thread-safe.
 */
#pragma once
#include "core/config.h"
#include "core/err.h"

struct sg_mailer;
int sg_mailer_open(struct sg_mailer **out, const struct sg_config *config, struct sg_error *e);
/* Sends what waits first. */
void sg_mailer_close(struct sg_mailer *m);
/* to: normalised (email.h); subject: one line of ours. SG_EBUSY: too many wait. */
int sg_mail(struct sg_mailer *m, const char *to, const char *subject, struct sg_str text,
            struct sg_error *e);
