/* web.c - see web.h. */
#include "api/web.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <xxhash.h>

enum { FILES_MAX = 200, FILE_BYTES = 8 << 20, DEPTH_MAX = 4 };

struct web_file {
    char path[256]; /* "/js/search.js" */
    const char *type;
    struct sg_str bytes;
};
struct sg_web {
    struct web_file files[FILES_MAX];
    size_t n;
    char policy[512]; /* Content-Security-Policy */
};
#define VENDOR "/vendor"

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

/* The origin of a URL; empty when it has none that may stand in a header. */
static struct sg_str origin_of(struct sg_str url)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
    struct sg_str http = SG_STR("http://"), https = SG_STR("https://");
    size_t n = sg_str_starts(url, https) ? https.n : sg_str_starts(url, http) ? http.n : 0;
    if (!n)
        return SG_STR("");
    while (n < url.n && strchr(allowed, url.p[n]) && url.p[n])
        n++;
    return n == url.n || url.p[n] == '/' ? (struct sg_str){url.p, n} : SG_STR("");
}

/* Songs come by media source (blob:) from our own origin, or from where media is served. */
static int write_policy(struct sg_web *w, const char *media_url, struct sg_error *e)
{
    struct sg_str media = origin_of(sg_str(media_url ? media_url : ""));
    int n =
        snprintf(w->policy, sizeof w->policy,
                 "default-src 'self'; img-src 'self' https: data:; media-src 'self' blob: %.*s; "
                 "connect-src 'self' %.*s; worker-src 'self'; object-src 'none'; base-uri "
                 "'none'; form-action 'self'; frame-ancestors 'none'",
                 SG_FMT(media), SG_FMT(media));
    return n < (int)sizeof w->policy ? 0 : sg_fail(e, SG_ELIMIT, "the media's URL is too long");
}

static struct web_file *file_at(struct sg_web *w, struct sg_str path)
{
    for (size_t i = 0; i < w->n; i++)
        if (sg_str_eq(sg_str(w->files[i].path), path))
            return &w->files[i];
    return NULL;
}

/* The service worker begins with what it keeps, and under which version: so it differs, and a
 * browser takes it anew, whenever any of the page's files does. */
static int write_worker(struct sg_web *w, struct sg_str client, struct sg_error *e)
{
    struct web_file *worker = file_at(w, SG_STR("/sw.js"));
    struct sg_buf b = {0};
    uint64_t version = XXH3_64bits(client.p, client.n);
    if (!worker)
        return 0;
    sg_buf_puts(&b, "const FILES = [\"/\", \"/client.js\"");
    for (size_t i = 0; i < w->n; i++) {
        struct web_file *f = &w->files[i];
        version +=
            XXH3_64bits_withSeed(f->bytes.p, f->bytes.n, XXH3_64bits(f->path, strlen(f->path)));
        if (f == worker || sg_str_eq(sg_str(f->path), SG_STR("/index.html")))
            continue;
        sg_buf_puts(&b, ", ");
        sg_buf_json_str(&b, sg_str(f->path));
    }
    sg_buf_printf(&b, "];\nconst VERSION = \"%016llx\";\n", (unsigned long long)version);
    sg_buf_str_put(&b, worker->bytes);
    if (sg_buf_failed(&b)) {
        sg_buf_free(&b);
        return sg_fail(e, SG_ENOMEM, "the service worker");
    }
    free((void *)worker->bytes.p);
    worker->bytes = sg_buf_str(&b); /* its owner now */
    return 0;
}

int sg_web_open(struct sg_web **out, const struct sg_web_sources *from, struct sg_error *e)
{
    struct stat st;
    struct sg_web *w = calloc(1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "web files");
    int rc = write_policy(w, from->media_url, e);
    if (!rc)
        rc = read_folder(w, from->dir, "", 0, e);
    if (!rc && from->vendor_dir && (stat(from->vendor_dir, &st) == 0 || errno != ENOENT))
        rc = read_folder(w, from->vendor_dir, VENDOR, DEPTH_MAX, e);
    if (!rc)
        rc = write_worker(w, from->client, e);
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
    static const char *const views[] = {"/song/", "/artist/", "/album/", "/playlist/"};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        struct sg_str v = sg_str(views[i]);
        uint64_t id;
        if (sg_str_starts(path, v) &&
            sg_str_to_u64((struct sg_str){path.p + v.n, path.n - v.n}, &id))
            return true;
    }
    static const char *const others[] = {"/",
                                         "/upload",
                                         "/offline",
                                         "/shared",
                                         "/library",
                                         "/library/songs",
                                         "/library/albums",
                                         "/library/artists",
                                         "/library/playlists",
                                         "/library/history"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (sg_str_eq(path, sg_str(others[i])))
            return true;
    return false;
}

/* Vendored scripts have a digest of what is in them in their names. */
static bool is_for_ever(struct sg_str path)
{
    return sg_str_starts(path, SG_STR(VENDOR "/")) && path.n > 3 &&
           memcmp(path.p + path.n - 3, ".js", 3) == 0;
}

bool sg_web_answer(struct sg_web *w, struct sg_http_request *q, struct sg_http_response *r)
{
    struct sg_str path = is_view(q->path)                      ? SG_STR("/index.html")
                         : sg_str_eq(q->path, SG_STR("/docs")) ? SG_STR("/reference.html")
                                                               : q->path;
    const struct web_file *file = file_at(w, path);
    if (!file)
        return false;
    r->shared = file->bytes;
    r->lasting = true;
    r->content_type = file->type;
    sg_http_header(r, "Cache-Control",
                   is_for_ever(path) ? SG_STR("public, max-age=31536000, immutable")
                                     : SG_STR("no-cache"));
    sg_http_header(r, "Content-Security-Policy", sg_str(w->policy));
    sg_http_header(r, "Referrer-Policy", SG_STR("same-origin"));
    return true;
}
