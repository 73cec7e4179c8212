/* web.c - see web.h. */
#include "api/web.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILES_MAX = 200, FILE_BYTES = 8 << 20, DEPTH_MAX = 4 };

struct web_file {
    char path[256]; /* "/js/search.js" */
    const char *type;
    struct sg_str bytes;
};
struct sg_web {
    struct web_file files[FILES_MAX];
    size_t n;
};

static const char *type_of(const char *name)
{
    static const struct {
        const char *end, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".webp", "image/webp"},
        {".json", "application/json"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".webmanifest", "application/manifest+json"},
    };
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t k = strlen(types[i].end);
        if (n > k && strcmp(name + n - k, types[i].end) == 0)
            return types[i].type;
    }
    return "application/octet-stream";
}

static int read_file(struct sg_web *w, const char *full, const char *path, size_t bytes,
                     struct sg_error *e)
{
    if (w->n == FILES_MAX || bytes > FILE_BYTES)
        return sg_fail(e, SG_ELIMIT, "%s: more than %d files, or larger than %d bytes", full,
                       FILES_MAX, FILE_BYTES);
    char *p = malloc(bytes + 1);
    FILE *f = fopen(full, "rb");
    struct web_file *file = &w->files[w->n];
    if (!p || !f || fread(p, 1, bytes, f) != bytes) {
        free(p);
        if (f)
            fclose(f);
        return sg_fail_errno(e, "read %s", full);
    }
    fclose(f);
    snprintf(file->path, sizeof file->path, "%s", path);
    file->type = type_of(path);
    file->bytes = (struct sg_str){p, bytes};
    w->n++;
    return 0;
}

static int read_folder(struct sg_web *w, const char *dir, const char *below, int depth,
                       struct sg_error *e)
{
    int rc = 0;
    struct dirent *entry;
    DIR *d = opendir(dir);
    if (!d)
        return sg_fail_errno(e, "open the page's folder %s", dir);
    while (!rc && (entry = readdir(d))) {
        char full[1024], path[256];
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(full, sizeof full, "%s/%s", dir, entry->d_name) >= (int)sizeof full ||
            snprintf(path, sizeof path, "%s/%s", below, entry->d_name) >= (int)sizeof path)
            rc = sg_fail(e, SG_ELIMIT, "%s: path too long", dir);
        else if (stat(full, &st))
            rc = sg_fail_errno(e, "stat %s", full);
        else if (S_ISREG(st.st_mode))
            rc = read_file(w, full, path, (size_t)st.st_size, e);
        else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
            rc = read_folder(w, full, path, depth + 1, e);
    }
    closedir(d);
    return rc;
}

int sg_web_open(struct sg_web **out, const char *dir, struct sg_error *e)
{
    struct sg_web *w = calloc(1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "web files");
    int rc = read_folder(w, dir, "", 0, e);
    if (rc)
        sg_web_close(w);
    else
        *out = w;
    return rc;
}

void sg_web_close(struct sg_web *w)
{
    if (!w)
        return;
    for (size_t i = 0; i < w->n; i++)
        free((void *)w->files[i].bytes.p);
    free(w);
}

/* The page's own addresses, "/song/17" and such, are index.html's to read. */
static bool is_view(struct sg_str path)
{
    static const char *const views[] = {"/song/", "/artist/", "/album/"};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        struct sg_str v = sg_str(views[i]);
        uint64_t id;
        if (sg_str_starts(path, v) &&
            sg_str_to_u64((struct sg_str){path.p + v.n, path.n - v.n}, &id))
            return true;
    }
    return sg_str_eq(path, SG_STR("/"));
}

bool sg_web_answer(const struct sg_web *w, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_str path = is_view(q->path)                      ? SG_STR("/index.html")
                         : sg_str_eq(q->path, SG_STR("/docs")) ? SG_STR("/reference.html")
                                                               : q->path;
    for (size_t i = 0; i < w->n; i++)
        if (sg_str_eq(sg_str(w->files[i].path), path)) {
            r->shared = w->files[i].bytes;
            r->lasting = true;
            r->content_type = w->files[i].type;
            sg_http_header(r, "Cache-Control", SG_STR("no-cache"));
            sg_http_header(
                r, "Content-Security-Policy",
                SG_STR("default-src 'self'; img-src 'self' https: data:; frame-ancestors 'none'"));
            sg_http_header(r, "Referrer-Policy", SG_STR("same-origin"));
            return true;
        }
    return false;
}
