/* main.c - segue-images: a stranger's picture, decoded in a process of its own.
 *
 * A decoder that is led astray by what it reads ends this process, not the API; it holds no
 * connection, no key and no file but the picture (standard input) and the folder it writes to,
 * within bounds that the system enforces.
 */
#include "core/buf.h"
#include "core/service.h"
#include "images/render.h"
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define SECONDS_MAX 20              /* of a processor */
#define MEMORY_MAX  (1536ull << 20) /* address space: 200 MB of pixels, libraries, stacks */
#define FILE_MAX    (8ull << 20)    /* of one rendition */
#define REFUSED     3               /* exit code: the picture's fault */

#ifdef __SANITIZE_THREAD__
/* No thread here is our own, and libvips' and GLib's locks are not seen by the sanitizer. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "report_bugs=0";
}
#endif

static int bound(int resource, uint64_t limit, struct sg_error *e)
{
    struct rlimit r = {.rlim_cur = limit, .rlim_max = limit};
    return setrlimit(resource, &r) ? sg_fail_errno(e, "setrlimit") : 0;
}

static int confine(struct sg_error *e)
{
    int rc = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? sg_fail_errno(e, "prctl") : 0;
    if (!rc)
        rc = bound(RLIMIT_CPU, SECONDS_MAX, e);
    if (!rc)
        rc = bound(RLIMIT_FSIZE, FILE_MAX, e);
    if (!rc)
        rc = bound(RLIMIT_CORE, 0, e);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they map far more */
    if (!rc)
        rc = bound(RLIMIT_AS, MEMORY_MAX, e);
#endif
    return rc;
}

static int read_all(struct sg_buf *b, struct sg_error *e)
{
    ssize_t n = 1;
    while (n != 0 && b->n <= SG_IMAGE_BYTES_MAX) {
        char *at = sg_buf_reserve(b, 1 << 16);
        if (!at)
            return sg_fail(e, SG_ENOMEM, "reading the picture");
        n = read(STDIN_FILENO, at, 1 << 16);
        if (n < 0 && errno != EINTR)
            return sg_fail_errno(e, "reading the picture");
        b->n += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

typedef int (*make_fn)(struct sg_str bytes, const char *folder, struct sg_image_facts *out,
                       struct sg_error *e);

static int make(make_fn fn, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_image_facts facts;
    struct sg_buf picture = {0};
    if (argc != 2) {
        fprintf(stderr, "segue-images: %s FOLDER\n", argv[0]);
        return 2;
    }
    int rc = confine(&e);
    if (!rc)
        rc = sg_image_start("segue-images", &e);
    if (!rc)
        rc = read_all(&picture, &e);
    if (!rc)
        rc = fn(sg_buf_str(&picture), argv[1], &facts, &e);
    sg_buf_free(&picture);
    if (rc) {
        printf("%s\n", e.text);
        return rc == SG_EMEDIA ? REFUSED : 1;
    }
    printf("%s %d %d\n", facts.type, facts.width, facts.height);
    return 0;
}

static int render(const struct sg_config *config, int argc, char **argv)
{
    (void)config;
    return make(sg_image_render, argc, argv);
}

static int mosaic(const struct sg_config *config, int argc, char **argv)
{
    (void)config;
    return make(sg_image_mosaic, argc, argv);
}

static const struct sg_command commands[] = {
    {"render", "render FOLDER", "make the sizes that are served of a picture",
     "Reads a JPEG, PNG or WebP from standard input. Exit code 3: it was refused, standard output "
     "says why.",
     render},
    {"mosaic", "mosaic FOLDER", "make the sizes of one square picture of one or four",
     "Reads the pictures from standard input, each behind its length (32 bits, big-endian). Exit "
     "code 3: one was refused, standard output says why.",
     mosaic},
    {0},
};

int main(int argc, char **argv)
{
    static const struct sg_program program = {"segue-images", "Segue's decoder of pictures",
                                              commands, NULL};
    return sg_program_main(&program, argc, argv);
}
