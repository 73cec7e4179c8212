/* keys_cli.c - segue-api keys: see cli.h. */
#include "api/accounts/cli.h"
#include "api/accounts/keyring.h"
#include <stdio.h>
#include <time.h>

const char sg_keys_command_help[] =
    "list shows the keys that access tokens are signed with; the newest signs, older ones verify\n"
    "until their last token has expired.\n"
    "rotate makes a new one: running APIs on this machine sign with it within two seconds, and\n"
    "nobody is logged out.";

static void print_time(int64_t us, char out[32])
{
    struct tm tm;
    time_t s = (time_t)(us / 1000000);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&s, &tm));
}

static void print_text(void *ctx, const struct sg_key_state *s)
{
    char made[32], until[32] = "signs";
    (void)ctx;
    print_time(s->made_us, made);
    if (s->until_us)
        print_time(s->until_us, until);
    printf("%-36s %-6s %-21s %s\n", s->kid, s->alg, made, until);
}

static void print_json(void *ctx, const struct sg_key_state *s)
{
    char made[32], until[32];
    (void)ctx;
    print_time(s->made_us, made);
    print_time(s->until_us, until);
    printf("{\"kid\":\"%s\",\"alg\":\"%s\",\"made_at\":\"%s\"%s%s%s}\n", s->kid, s->alg, made,
           s->until_us ? ",\"verifies_until\":\"" : "", s->until_us ? until : "",
           s->until_us ? "\"" : "");
}

int sg_keys_command(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_keyring *k;
    bool json = argc == 3 && strcmp(argv[2], "--json") == 0;
    bool list = argc >= 2 && strcmp(argv[1], "list") == 0;
    bool rotate = argc == 2 && strcmp(argv[1], "rotate") == 0;
    if ((!list && !rotate) || (argc == 3 && !json) || argc > 3) {
        fprintf(stderr, "usage: segue-api keys list [--json] | rotate\n");
        return 2;
    }
    int rc = sg_keyring_open(&k, config->var_dir, (enum sg_jws_alg)config->auth.algorithm,
                             config->auth.token_s, &e);
    if (!rc && rotate)
        rc = sg_keyring_rotate(k, &e);
    if (rc) {
        fprintf(stderr, "segue-api: %s\n", e.text);
        return 1;
    }
    if (list && !json)
        printf("%-36s %-6s %-21s %s\n", "key", "alg", "made", "verifies until");
    sg_keyring_each(k, json ? print_json : print_text, NULL);
    sg_keyring_close(k);
    return 0;
}
