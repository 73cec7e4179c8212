/* main.c - segue-api. */
#include "api/accounts/cli.h"
#include "api/contract/client.h"
#include "api/contract/openapi.h"
#include "api/hold.h"
#include "api/playback/keys_cli.h"
#include "api/serve.h"
#include "core/service.h"
#include <string.h>

#ifdef SEGUE_JEMALLOC
/* What a minute's cache gave back goes to the system within seconds; read by jemalloc at start. */
extern const char *malloc_conf;
const char *malloc_conf = "background_thread:true,narenas:4,dirty_decay_ms:3000,muzzy_decay_ms:0";
#endif

static int report(const struct sg_error *e)
{
    fprintf(stderr, "segue-api: %s\n", e->text);
    return 1;
}

static int serve(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    (void)argc;
    (void)argv;
    return sg_api_serve(config, &e) ? report(&e) : 0;
}

static int check(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    bool bind = argc == 2 && strcmp(argv[1], "--bind") == 0;
    if (argc > 1 && !bind) {
        fprintf(stderr, "usage: segue-api check [--bind]\n");
        return 2;
    }
    return sg_api_check(config, bind, &e) ? report(&e) : 0;
}

static int hold(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    int code = 0, first = argc > 1 && strcmp(argv[1], "--") == 0 ? 2 : 1;
    if (first >= argc) {
        fprintf(stderr, "usage: segue-api hold COMMAND [ARGUMENTS]\n");
        return 2;
    }
    return sg_api_hold(config, argv + first, &code, &e) ? report(&e) : code;
}

static int openapi(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_buf b = {0};
    (void)config;
    if (argc > 1 && strcmp(argv[1], "--yaml") == 0)
        return sg_openapi_yaml(stdout, &e) ? report(&e) : 0;
    int rc = sg_openapi_json(&b, &e);
    if (!rc)
        printf("%.*s\n", SG_FMT(sg_buf_str(&b)));
    sg_buf_free(&b);
    return rc ? report(&e) : 0;
}

static int client(const struct sg_config *config, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_buf b = {0};
    (void)config, (void)argc, (void)argv;
    int rc = sg_client_js(&b, &e);
    if (!rc)
        printf("%.*s", SG_FMT(sg_buf_str(&b)));
    sg_buf_free(&b);
    return rc ? report(&e) : 0;
}

static const struct sg_command commands[] = {
    {"serve", "serve", "answer HTTP requests until stopped",
     "Listens on api.host and api.port; see segue.conf.", serve},
    {"check", "check [--bind]", "whether `serve` would start, whoever serves now",
     "Opens what a start opens, but for journals, which are one API's, and closes it again.\n"
     "Exit code 1, and why, when something cannot be opened.\n"
     "  --bind  api.host and api.port too, for an API that is to listen elsewhere",
     check},
    {"hold", "hold COMMAND [ARGUMENTS]", "keep the socket open for an API that may be replaced",
     "Listens on api.host and api.port and runs COMMAND, which is or becomes\n"
     "`segue-api serve`, with that socket. SIGHUP: COMMAND ends what it has and is run\n"
     "again, a new build or another configuration, and `hold` itself becomes a new build\n"
     "of it; no request is lost. A change of the address itself needs a new `hold`.",
     hold},
    {"openapi", "openapi [--yaml]", "print the OpenAPI document", NULL, openapi},
    {"client", "client", "print the JavaScript client", "An ES module, as /client.js.", client},
    {"user", "user COMMAND [USER] [OPTIONS]", "accounts: create, list, set-password, delete, ...",
     sg_user_command_help, sg_user_command},
    {"keys", "keys list|rotate", "keys that access tokens are signed with", sg_keys_command_help,
     sg_keys_command},
    {"media-keys", "media-keys list|rotate", "keys that addresses of media are signed with",
     sg_media_keys_command_help, sg_media_keys_command},
    {0},
};

int main(int argc, char **argv)
{
    static const struct sg_program program = {"segue-api", "Segue's HTTP API and page", commands,
                                              "serve"};
    return sg_program_main(&program, argc, argv);
}
