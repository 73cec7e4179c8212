/* source.c - see source.h. */
#include "core/source.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define CAP (SG_SOURCE_RECORD_MAX + 2) /* a record and its CR LF */

static int fill(struct sg_source *s, struct sg_error *e);

static int open_file(struct sg_source *s, const char *path, struct sg_error *e)
{
    struct stat st;
    char zipped[4096];
    if (stat(path, &st) && errno == ENOENT &&
        snprintf(zipped, sizeof zipped, "%s.gz", path) < (int)sizeof zipped)
        path = !stat(zipped, &st) ? zipped : path;
    if (stat(path, &st))
        return sg_fail_errno(e, "%s", path);
    if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
        return sg_fail(e, SG_EINVAL, "%s: not a file", path);
    s->size_bytes = st.st_size;
    s->modified_us = st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
    errno = 0;
    s->file = gzopen(path, "rbe");
    return s->file ? 0 : errno ? sg_fail_errno(e, "%s", path) : sg_fail(e, SG_ENOMEM, "%s", path);
}

int sg_source_open(struct sg_source *s, const char *path, struct sg_error *e)
{
    *s = (struct sg_source){.next_line = 1};
    int rc = open_file(s, path, e);
    if (!rc && (gzbuffer(s->file, 1 << 17) || !(s->p = malloc(CAP))))
        rc = sg_fail(e, SG_ENOMEM, "%s", path);
    if (!rc)
        rc = fill(s, e);
    if (rc) {
        sg_source_close(s);
        return rc;
    }
    if (s->n >= 3 && !memcmp(s->p, "\xef\xbb\xbf", 3))
        s->at = 3;
    return 0;
}

void sg_source_close(struct sg_source *s)
{
    if (s->file)
        gzclose_r(s->file);
    free(s->p);
    *s = (struct sg_source){0};
}

/* Moves what is left to the front and reads behind it until full or ended. */
static int fill(struct sg_source *s, struct sg_error *e)
{
    memmove(s->p, s->p + s->at, s->n - s->at);
    s->n -= s->at;
    s->at = 0;
    while (s->n < CAP && !s->ended) {
        int got = gzread(s->file, s->p + s->n, (unsigned)(CAP - s->n));
        int code = 0;
        const char *text = got < 0 ? gzerror(s->file, &code) : "";
        if (got < 0)
            return sg_fail(e, code == Z_ERRNO ? SG_EIO : SG_ECORRUPT, "line %llu: %s",
                           (unsigned long long)s->next_line, text);
        s->ended = got == 0;
        s->n += (size_t)got;
    }
    if (s->ended && gzdirect(s->file) == 0) {
        int code;
        gzerror(s->file, &code);
        if (code == Z_BUF_ERROR)
            return sg_fail(e, SG_ECORRUPT, "the compressed file ends early");
    }
    return 0;
}

/* Skips the rest of a line that does not fit. */
static int skip_line(struct sg_source *s, struct sg_error *e)
{
    for (;;) {
        char *end = memchr(s->p + s->at, '\n', s->n - s->at);
        if (end) {
            s->at = (size_t)(end - s->p) + 1;
            return 0;
        }
        s->at = s->n;
        if (s->ended)
            return 0;
        int rc = fill(s, e);
        if (rc)
            return rc;
    }
}

int sg_source_line(struct sg_source *s, struct sg_str *line, struct sg_error *e)
{
    char *end = memchr(s->p + s->at, '\n', s->n - s->at);
    if (!end && !s->ended) {
        int rc = fill(s, e);
        if (rc)
            return rc;
        end = memchr(s->p, '\n', s->n);
    }
    if (s->at == s->n)
        return 0;
    s->line = s->next_line++;
    if (!end && s->n - s->at > SG_SOURCE_RECORD_MAX) {
        *line = SG_STR_NONE;
        int rc = skip_line(s, e);
        return rc ? rc : 1;
    }
    size_t from = s->at, to = end ? (size_t)(end - s->p) : s->n;
    s->at = end ? to + 1 : to;
    if (to > from && s->p[to - 1] == '\r')
        to--;
    *line = (struct sg_str){s->p + from, to - from};
    return 1;
}

size_t sg_fields_split(struct sg_str line, char delimiter, struct sg_str *out, size_t max)
{
    size_t n = 0, from = 0;
    for (size_t i = 0; i <= line.n; i++) {
        if (i < line.n && line.p[i] != delimiter)
            continue;
        if (n == max)
            return max + 1;
        out[n++] = (struct sg_str){line.p + from, i - from};
        from = i + 1;
    }
    return n;
}

enum scan { SCAN_DONE, SCAN_MORE, SCAN_WRONG };
struct span {
    size_t from, to;
    bool quoted;
};

/* One field from *at: its bytes without outer quotes, and *at at what ends it. */
static enum scan scan_field(const char *p, size_t n, bool ended, char delimiter, size_t *at,
                            struct span *out, const char **why)
{
    size_t i = *at;
    out->quoted = i < n && p[i] == '"';
    out->from = i += out->quoted;
    if (out->quoted) {
        while (i < n && (p[i] != '"' || (i + 1 < n && p[i + 1] == '"')))
            i += p[i] == '"' ? 2 : 1;
        if (i >= n || (i + 1 == n && !ended)) {
            *why = "a quoted field does not end";
            return ended ? SCAN_WRONG : SCAN_MORE;
        }
        out->to = i++;
        if (i < n && p[i] == '\r' && i + 1 == n && !ended)
            return SCAN_MORE;
        if (i < n && p[i] != delimiter && p[i] != '\n' &&
            !(p[i] == '\r' && (i + 1 == n || p[i + 1] == '\n'))) {
            *why = "text behind a closing quote";
            return SCAN_WRONG;
        }
        *at = i;
        return SCAN_DONE;
    }
    while (i < n && p[i] != delimiter && p[i] != '\n') {
        if (p[i] == '"') {
            *why = "a quote inside a field that is not quoted";
            return SCAN_WRONG;
        }
        i++;
    }
    out->to = *at = i;
    return i == n && !ended ? SCAN_MORE : SCAN_DONE;
}

static enum scan scan_record(const struct sg_source *s, char delimiter, struct span *spans,
                             size_t *n, size_t *end, const char **why)
{
    size_t at = s->at;
    for (*n = 0;;) {
        if (*n == SG_SOURCE_FIELDS_MAX) {
            *why = "more than 256 fields";
            return SCAN_WRONG;
        }
        enum scan r = scan_field(s->p, s->n, s->ended, delimiter, &at, &spans[*n], why);
        if (r != SCAN_DONE)
            return r;
        struct span *last = &spans[(*n)++];
        if (at < s->n && s->p[at] == delimiter) {
            at++;
            continue;
        }
        if (at < s->n && s->p[at] == '\r')
            at++;
        if (!last->quoted && last->to > last->from && s->p[last->to - 1] == '\r')
            last->to--;
        *end = at + (at < s->n);
        return SCAN_DONE;
    }
}

static struct sg_str unquote(char *p, struct span span)
{
    if (!span.quoted)
        return (struct sg_str){p + span.from, span.to - span.from};
    size_t to = span.from;
    for (size_t i = span.from; i < span.to; i++) {
        p[to++] = p[i];
        i += p[i] == '"';
    }
    return (struct sg_str){p + span.from, to - span.from};
}

static uint64_t count_lines(const char *p, size_t n)
{
    uint64_t lines = 0;
    for (const char *at = p; (at = memchr(at, '\n', n - (size_t)(at - p))); at++)
        lines++;
    return lines;
}

static int next_record(struct sg_source *s, char delimiter, struct sg_str *fields, size_t *n,
                       const char **why, struct sg_error *e)
{
    struct span spans[SG_SOURCE_FIELDS_MAX];
    size_t end = 0;
    enum scan r = scan_record(s, delimiter, spans, n, &end, why);
    if (r == SCAN_MORE || (r == SCAN_WRONG && !s->ended)) {
        int rc = fill(s, e);
        if (rc)
            return rc;
        r = scan_record(s, delimiter, spans, n, &end, why);
    }
    s->line = s->next_line;
    if (r == SCAN_DONE) {
        s->next_line += count_lines(s->p + s->at, end - s->at);
        s->at = end;
        for (size_t i = 0; i < *n; i++)
            fields[i] = unquote(s->p, spans[i]);
        return 1;
    }
    if (r == SCAN_MORE)
        *why = "a record over 1 MiB, or a quoted field that does not end";
    s->next_line++;
    int rc = skip_line(s, e);
    return rc ? rc : 2;
}

int sg_source_csv(struct sg_source *s, char delimiter, struct sg_str *fields, size_t *n,
                  const char **why, struct sg_error *e)
{
    for (;;) {
        if (s->at == s->n && !s->ended) {
            int rc = fill(s, e);
            if (rc)
                return rc;
        }
        if (s->at == s->n)
            return 0;
        int rc = next_record(s, delimiter, fields, n, why, e);
        if (rc != 1 || *n > 1 || fields[0].n)
            return rc;
    }
}
