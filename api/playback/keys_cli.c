/* keys_cli.c - see keys_cli.h. */
#include "api/playback/keys_cli.h"
#include "api/playback/keys.h"
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char sg_media_keys_command_help[] =
    "list shows the keys that addresses of media are signed with; the newest signs, older ones\n"
    "verify until their last address has expired.\n"
    "rotate makes a new one: running APIs on this machine sign with it within two seconds, and\n"
    "nothing that plays stops.";

int sg_media_keys_command(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_media_keys *k;
    struct sg_media_key list[SG_MEDIA_KEYS_MAX];
    bool rotate = argc == 2 && strcmp(argv[1], "rotate") == 0;
    if (!rotate && !(argc == 2 && strcmp(argv[1], "list") == 0)) {
        fprintf(stderr, "usage: segue-api media-keys list | rotate\n");
        return 2;
    }
    int rc = sg_media_keys_open(&k, config, &e);
    if (!rc && rotate) {
        rc = sg_media_keys_rotate(k, &e);
        if (rc)
            sg_media_keys_close(k);
    }
    if (rc) {
        fprintf(stderr, "segue-api: %s\n", e.text);
        return 1;
    }
    size_t n = sg_media_keys_list(k, list);
    for (size_t i = 0; i < n; i++) {
        char made[32];
        struct tm tm;
        time_t s = (time_t)list[i].made_s;
        strftime(made, sizeof made, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&s, &tm));
        printf("%08x  %s  %s\n", list[i].id, made, i + 1 == n ? "signs" : "verifies");
    }
    OPENSSL_cleanse(list, sizeof list);
    sg_media_keys_close(k);
    return 0;
}
