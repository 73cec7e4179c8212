/* mail_send.h - one mail out of the process; private to mail.c. */
#pragma once
#include "core/config.h"
#include "core/err.h"

/* Runs auth.mail_command, or writes a file. SG_EIO, SG_ETIMEOUT, SG_ELIMIT (the outbox is full). */
int sg_mail_send(const struct sg_config *config, struct sg_str mail, struct sg_error *e);
