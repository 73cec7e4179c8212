/* bench_upload.c - how fast a form goes into the object store, and in how much memory, beside the
 * same bytes to the same disk in the same run: plainly, and sealed without HTTP.
 *
 *   bench_upload [MiB [rounds]]     (64 and 3)
 *
 * The whole way of the API but for its last step: HTTP, the form, SHA-256, sealing, the folder
 * store with its fsync; the sound is not decoded. All of it in this process, client too.
 */
#include "api/http/multipart.h"
#include "api/upload/digests.h"
#include "core/clock.h"
#include "core/config.h"
#include "core/objects/objects.h"
#include "tests/support/scratch.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD                                                                                       \
    "--bb\r\nContent-Disposition: form-data; name=\"audio_file\"; filename=\"a.wav\"\r\n\r\n"
#define TAIL "\r\n--bb--\r\n"

static struct sg_objects *objects;
static const unsigned char key[32] = "a key of this measurement alone";
static char *bytes;
static size_t n_bytes;

struct taking {
    struct sg_multipart *form;
    struct sg_object_put *put;
    struct upload_hash *hash;
};

static _Noreturn void die(const char *what, const struct sg_error *e)
{
    fprintf(stderr, "%s: %s\n", what, e ? e->text : "");
    exit(1);
}

static bool on_piece(void *ctx, const struct sg_multipart_piece *p)
{
    struct taking *t = ctx;
    struct sg_error e = SG_ERROR_INIT;
    upload_hash_put(t->hash, p->bytes);
    return !p->bytes.n || sg_object_write(t->put, p->bytes, &e) == 0;
}

static bool on_write(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                     struct sg_str b)
{
    struct sg_error e = SG_ERROR_INIT;
    (void)q;
    (void)r;
    return sg_multipart_put(((struct taking *)ctx)->form, b, &e) == 0;
}

static void on_end(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    struct taking *t = ctx;
    struct sg_error e = SG_ERROR_INIT;
    unsigned char made[UPLOAD_DIGEST_MAX];
    size_t n;
    bool ok = sg_multipart_end(t->form, &e) == 0 && upload_hash_end(t->hash, made, &n) &&
              sg_object_commit(t->put, NULL, &e) == 0;
    r->status = ok ? 200 : 500;
    free(t);
    sg_http_finish(q);
}

static void on_gone(void *ctx)
{
    struct taking *t = ctx;
    sg_object_abort(t->put);
    sg_multipart_free(t->form);
    upload_hash_free(t->hash);
    free(t);
}

static bool begin(void *ctx, struct sg_http_request *q, struct sg_http_response *r,
                  struct sg_http_sink *out)
{
    struct sg_error e = SG_ERROR_INIT;
    struct taking *t = calloc(1, sizeof *t);
    (void)ctx;
    (void)r;
    if (!t || sg_multipart_open(&t->form, q, on_piece, t, &e) ||
        sg_objects_put(objects, "uploads/http", "audio/wav", key, SG_OBJECT_KEEP, &t->put, &e) ||
        !(t->hash = upload_hash_new("SHA256")))
        die("upload", &e);
    *out = (struct sg_http_sink){.ctx = t, .write = on_write, .end = on_end, .gone = on_gone};
    return true;
}

static bool streams(void *ctx, struct sg_str method, struct sg_str path)
{
    (void)ctx;
    (void)path;
    return sg_str_eq(method, SG_STR("POST"));
}

static size_t body_max(void *ctx, struct sg_str method, struct sg_str path)
{
    (void)ctx;
    (void)method;
    (void)path;
    return SIZE_MAX / 2;
}

static void handle(void *ctx, struct sg_http_request *q, struct sg_http_response *r)
{
    (void)ctx;
    (void)q;
    (void)r;
}

/* The same bytes to the same file system, and safe there. */
static double write_plainly(const char *dir)
{
    char path[300];
    snprintf(path, sizeof path, "%s/plain", dir);
    int64_t from = sg_now_us();
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    for (size_t at = 0; at < n_bytes;) {
        size_t n = n_bytes - at < 1 << 17 ? n_bytes - at : 1 << 17;
        ssize_t put = write(fd, bytes + at, n);
        if (put <= 0)
            die("write", NULL);
        at += (size_t)put;
    }
    if (fsync(fd))
        die("fsync", NULL);
    close(fd);
    return (double)(sg_now_us() - from) / 1e6;
}

static double put_sealed(void)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_object_put *put;
    int64_t from = sg_now_us();
    if (sg_objects_put(objects, "uploads/direct", "audio/wav", key, SG_OBJECT_KEEP, &put, &e))
        die("put", &e);
    for (size_t at = 0; at < n_bytes; at += 1 << 17) {
        size_t n = n_bytes - at < 1 << 17 ? n_bytes - at : 1 << 17;
        if (sg_object_write(put, (struct sg_str){bytes + at, n}, &e))
            die("write", &e);
    }
    if (sg_object_commit(put, NULL, &e))
        die("commit", &e);
    return (double)(sg_now_us() - from) / 1e6;
}

static void send_all(int fd, const char *p, size_t n)
{
    while (n) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            die("send", NULL);
        p += sent;
        n -= (size_t)sent;
    }
}

static double upload(int port)
{
    char head[300], said[4096];
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int64_t from = sg_now_us();
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&at, sizeof at))
        die("connect", NULL);
    int n = snprintf(head, sizeof head,
                     "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; "
                     "boundary=bb\r\nContent-Length: %zu\r\n\r\n" HEAD,
                     n_bytes + strlen(HEAD TAIL));
    send_all(fd, head, (size_t)n);
    send_all(fd, bytes, n_bytes);
    send_all(fd, TAIL, strlen(TAIL));
    if (recv(fd, said, sizeof said, 0) < 12 || memcmp(said + 9, "200", 3) != 0)
        die("upload is refused", NULL);
    close(fd);
    return (double)(sg_now_us() - from) / 1e6;
}

static long resident_kb(void)
{
    long kb = 0;
    char line[200];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f) && sscanf(line, "VmHWM: %ld", &kb) != 1)
        ;
    if (f)
        fclose(f);
    return kb;
}

static void say(const char *what, double seconds)
{
    printf("%-40s %8.0f MB/s\n", what, (double)n_bytes / 1e6 / seconds);
}

static double least(double a, double b)
{
    return a == 0 || b < a ? b : a;
}

int main(int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_config c;
    struct sg_http_server *http;
    const char *dir = test_scratch();
    int rounds = argc > 2 ? atoi(argv[2]) : 3;
    double plain = 0, direct = 0, by_http = 0;
    n_bytes = (size_t)(argc > 1 ? atoi(argv[1]) : 64) << 20;
    bytes = malloc(n_bytes);
    for (size_t i = 0; bytes && i < n_bytes; i++)
        bytes[i] = (char)(i * 2654435761u >> 11);
    sg_config_defaults(&c);
    snprintf(c.objects.url, sizeof c.objects.url, "%s/objects", dir);
    snprintf(c.var_dir, sizeof c.var_dir, "%s", dir);
    if (!bytes || sg_objects_open(&objects, &c, &e))
        die("objects", &e);
    struct sg_http_options o = {.host = "127.0.0.1",
                                .loops = 1,
                                .workers = 1,
                                .timeout_us = 60000000,
                                .handle = handle,
                                .streams = streams,
                                .begin = begin,
                                .body_max = body_max};
    if (sg_http_open(&http, &o, &e))
        die("server", &e);
    upload(sg_http_port(http)); /* what is made once is there */
    long before = resident_kb();
    for (int i = 0; i < rounds; i++) {
        plain = least(plain, write_plainly(dir));
        direct = least(direct, put_sealed());
        by_http = least(by_http, upload(sg_http_port(http)));
    }
    printf("%zu MiB, best of %d\n", n_bytes >> 20, rounds);
    say("write and fsync", plain);
    say("object store, sealed, a copy kept", direct);
    say("the same through HTTP and a form", by_http);
    printf("%-40s %8ld kB beyond the first upload's peak\n", "memory", resident_kb() - before);
    sg_http_close(http);
    sg_objects_close(objects);
    free(bytes);
    return 0;
}
