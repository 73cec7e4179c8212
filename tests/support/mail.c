/* mail.c - see mail.h. */
#include "tests/support/mail.h"
#include "core/clock.h"
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

const char *test_mail_to(const char *var, const char *address, int n)
{
    static char mail[4000];
    char dir[200], path[600], line[300];
    snprintf(dir, sizeof dir, "%s/outbox", var);
    snprintf(line, sizeof line, "To: %s\n", address);
    for (int i = 0; i < 2400; i++) {
        char newest[300] = "";
        int found = 0;
        DIR *d = opendir(dir);
        for (struct dirent *f; d && (f = readdir(d));) {
            char text[4000] = "";
            snprintf(path, sizeof path, "%s/%s", dir, f->d_name);
            FILE *in = *f->d_name == '.' ? NULL : fopen(path, "r");
            if (!in)
                continue;
            text[fread(text, 1, sizeof text - 1, in)] = '\0';
            fclose(in);
            if (strncmp(text, line, strlen(line)) != 0)
                continue;
            found++;
            if (strcmp(f->d_name, newest) > 0) {
                snprintf(newest, sizeof newest, "%s", f->d_name);
                snprintf(mail, sizeof mail, "%s", text);
                struct stat st;
                ck_assert_int_eq(stat(path, &st), 0);
                ck_assert_uint_eq(st.st_mode & 0777, 0600);
            }
        }
        if (d)
            closedir(d);
        if (found >= n)
            return mail;
        sg_sleep_us(50000);
    }
    ck_abort_msg("no mail %d to %s", n, address);
}

const char *test_mail_token(const char *mail, const char *what)
{
    static char out[100];
    char key[40];
    snprintf(key, sizeof key, "/#%s=", what);
    const char *at = strstr(mail, key);
    ck_assert_msg(at != NULL, "no %s in %s", what, mail);
    snprintf(out, sizeof out, "%.43s", at + strlen(key));
    return out;
}
