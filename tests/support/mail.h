/* mail.h - what an API has mailed, as files of its outbox, for tests. */
#pragma once

/* The newest mail to this address, once there are as many mails as n to it (static buffer). */
const char *test_mail_to(const char *var_dir, const char *address, int n);
/* The token of its link "/#WHAT=TOKEN" (static buffer). */
const char *test_mail_token(const char *mail, const char *what);
