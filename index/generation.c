/* generation.c - see generation.h: the manifest, its checksums, and CURRENT.
 *
 * MANIFEST.json carries a checksum of itself ("checksum": XXH3 of its compact,
 * key-sorted form without that member), so that a flipped digit in a count is
 * found like a flipped byte in a file.
 */
#include "index/generation.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#define FILES_MAX      (sizeof((struct sg_manifest){0}.files) / sizeof(struct sg_file_sum))
#define READ_BYTES     (1u << 20)
#define MANIFEST_BYTES (1u << 20) /* a longer manifest is not ours */

static int path_join(char out[PATH_MAX], const char *dir, const char *name, struct sg_error *e)
{
    int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);
    if (n < 0 || n >= PATH_MAX)
        return sg_fail(e, SG_EINVAL, "path too long: %s/%s", dir, name);
    return 0;
}

/* A plain name: no separators, not hidden, nothing a shell or a log would trip over. */
static bool name_ok(const char *name, size_t max)
{
    size_t n = strlen(name);
    if (n == 0 || n >= max || name[0] == '.')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

/* "facts-song.seg" or "text-song/postlist.glass". */
static bool file_name_ok(const char *name)
{
    char first[sizeof((struct sg_file_sum){0}.name)];
    const char *slash = strchr(name, '/');
    if (!slash)
        return name_ok(name, sizeof first);
    size_t n = (size_t)(slash - name);
    if (n >= sizeof first)
        return false;
    memcpy(first, name, n);
    first[n] = '\0';
    return name_ok(first, sizeof first) && name_ok(slash + 1, sizeof first);
}

/* --- sums --- */

static int sum_fd(int fd, const char *path, struct sg_file_sum *out, struct sg_error *e)
{
    int rc = 0;
    uint64_t bytes = 0;
    char *chunk = malloc(READ_BYTES);
    XXH3_state_t *state = XXH3_createState();
    if (!chunk || !state) {
        rc = sg_fail(e, SG_ENOMEM, "checksum of %s", path);
        goto done;
    }
    XXH3_64bits_reset(state);
    for (ssize_t n; (n = read(fd, chunk, READ_BYTES)) != 0;) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = sg_fail_errno(e, "read %s", path);
            goto done;
        }
        XXH3_64bits_update(state, chunk, (size_t)n);
        bytes += (uint64_t)n;
    }
    out->bytes = bytes;
    out->xxh3 = XXH3_64bits_digest(state);
done:
    XXH3_freeState(state);
    free(chunk);
    return rc;
}

static int sum_file(const char *dir, struct sg_file_sum *f, struct sg_error *e)
{
    char path[PATH_MAX];
    int rc = path_join(path, dir, f->name, e);
    if (rc)
        return rc;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "open %s", path);
    rc = sum_fd(fd, path, f, e);
    close(fd);
    return rc;
}

/* What lives beside the base and changes, or belongs to a lock. */
static bool is_base_entry(const char *name)
{
    size_t n = strlen(name);
    return name[0] != '.' && strcmp(name, "MANIFEST.json") != 0 && strcmp(name, "delta") != 0 &&
           strcmp(name, "LOCK") != 0 && !(n > 5 && strcmp(name + n - 5, "-lock") == 0);
}

static int add_file(struct sg_manifest *m, const char *dir, const char *name, struct sg_error *e)
{
    if (m->n_files == FILES_MAX)
        return sg_fail(e, SG_ELIMIT, "%s: more than %zu files", dir, FILES_MAX);
    struct sg_file_sum *f = &m->files[m->n_files];
    size_t n = strlen(name);
    if (!file_name_ok(name) || n >= sizeof f->name)
        return sg_fail(e, SG_EINVAL, "%s: file name %s cannot be listed", dir, name);
    memcpy(f->name, name, n + 1);
    int rc = sum_file(dir, f, e);
    if (!rc)
        m->n_files++;
    return rc;
}

static int add_folder(struct sg_manifest *m, const char *dir, const char *sub, struct sg_error *e)
{
    char path[PATH_MAX], name[NAME_MAX * 2 + 2];
    int rc = path_join(path, dir, sub, e);
    if (rc)
        return rc;
    DIR *d = opendir(path);
    if (!d)
        return sg_fail_errno(e, "open %s", path);
    for (struct dirent *i; !rc && (i = readdir(d));) {
        if (!is_base_entry(i->d_name))
            continue;
        snprintf(name, sizeof name, "%s%s%s", sub, *sub ? "/" : "", i->d_name);
        struct stat st;
        if (fstatat(dirfd(d), i->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
            rc = sg_fail_errno(e, "stat %s/%s", path, i->d_name);
        else if (S_ISREG(st.st_mode))
            rc = add_file(m, dir, name, e);
        else if (S_ISDIR(st.st_mode) && !*sub)
            rc = add_folder(m, dir, name, e);
    }
    closedir(d);
    return rc;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct sg_file_sum *)a)->name, ((const struct sg_file_sum *)b)->name);
}

int sg_manifest_sum(struct sg_manifest *m, const char *generation_dir, struct sg_error *e)
{
    m->n_files = 0;
    int rc = add_folder(m, generation_dir, "", e);
    qsort(m->files, m->n_files, sizeof *m->files, by_name);
    return rc;
}

int sg_manifest_check_file(const struct sg_manifest *m, size_t i, const char *generation_dir,
                           bool full, struct sg_error *e)
{
    const struct sg_file_sum *want = &m->files[i];
    struct sg_file_sum is = *want;
    char path[PATH_MAX];
    struct stat st;
    int rc = path_join(path, generation_dir, want->name, e);
    if (rc)
        return rc;
    if (stat(path, &st) < 0)
        return errno == ENOENT ? sg_fail(e, SG_ECORRUPT, "%s: missing", want->name)
                               : sg_fail_errno(e, "stat %s", path);
    if ((uint64_t)st.st_size != want->bytes)
        return sg_fail(e, SG_ECORRUPT, "%s: %lld bytes, the manifest says %llu", want->name,
                       (long long)st.st_size, (unsigned long long)want->bytes);
    if (!full)
        return 0;
    rc = sum_file(generation_dir, &is, e);
    if (!rc && (is.xxh3 != want->xxh3 || is.bytes != want->bytes))
        rc = sg_fail(e, SG_ECORRUPT, "%s: checksum differs", want->name);
    return rc;
}

int sg_manifest_check(const struct sg_manifest *m, const char *generation_dir, bool full,
                      struct sg_error *e)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < m->n_files; i++)
        rc = sg_manifest_check_file(m, i, generation_dir, false, e);
    for (size_t i = 0; !rc && full && i < m->n_files; i++)
        rc = sg_manifest_check_file(m, i, generation_dir, true, e);
    return rc;
}

/* --- JSON --- */

static void hex64(char out[17], uint64_t v)
{
    snprintf(out, 17, "%016llx", (unsigned long long)v);
}

static bool parse_hex64(const char *s, uint64_t *out)
{
    if (!s || strlen(s) != 16 || strspn(s, "0123456789abcdef") != 16)
        return false;
    *out = strtoull(s, NULL, 16);
    return true;
}

/* XXH3 of the manifest without its checksum member. */
static bool self_checksum(json_t *root, char out[17])
{
    char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    if (!text)
        return false;
    hex64(out, XXH3_64bits(text, strlen(text)));
    free(text);
    return true;
}

static json_t *files_to_json(const struct sg_manifest *m)
{
    json_t *files = json_array();
    for (size_t i = 0; i < m->n_files; i++) {
        char sum[17];
        hex64(sum, m->files[i].xxh3);
        json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "name", m->files[i].name, "bytes",
                                               (json_int_t)m->files[i].bytes, "xxh3", sum));
    }
    return files;
}

static json_t *manifest_to_json(const struct sg_manifest *m)
{
    json_t *counts = json_object();
    for (int k = 0; k < SG_KINDS; k++)
        json_object_set_new(counts, sg_kind_names[k], json_integer((json_int_t)m->counts[k]));
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:I, s:I, s:o, s:I, s:f, s:o}", "format", SG_GENERATION_FORMAT,
                  "name", m->name, "slot", m->slot, "lsn", (json_int_t)m->lsn, "created_us",
                  (json_int_t)m->created_us, "counts", counts, "sequence", (json_int_t)m->sequence,
                  "canary_mrr", m->canary_mrr, "files", files_to_json(m));
    char sum[17];
    if (root && (!self_checksum(root, sum) ||
                 json_object_set_new(root, "checksum", json_string(sum)) < 0)) {
        json_decref(root);
        root = NULL;
    }
    return root;
}

static int read_files(struct sg_manifest *m, json_t *files, struct sg_error *e)
{
    size_t n = json_array_size(files);
    if (n > FILES_MAX)
        return sg_fail(e, SG_ECORRUPT, "MANIFEST.json: %zu files", n);
    for (size_t i = 0; i < n; i++) {
        const char *name, *sum;
        json_int_t bytes;
        struct sg_file_sum *f = &m->files[i];
        if (json_unpack(json_array_get(files, i), "{s:s, s:I, s:s}", "name", &name, "bytes", &bytes,
                        "xxh3", &sum) < 0 ||
            !file_name_ok(name) || strlen(name) >= sizeof f->name || bytes < 0 ||
            !parse_hex64(sum, &f->xxh3))
            return sg_fail(e, SG_ECORRUPT, "MANIFEST.json: file %zu is not described", i);
        snprintf(f->name, sizeof f->name, "%s", name);
        f->bytes = (uint64_t)bytes;
    }
    m->n_files = n;
    return 0;
}

static int read_counts(struct sg_manifest *m, json_t *counts, struct sg_error *e)
{
    for (int k = 0; k < SG_KINDS; k++) {
        json_t *n = json_object_get(counts, sg_kind_names[k]);
        if (!json_is_integer(n) || json_integer_value(n) < 0)
            return sg_fail(e, SG_ECORRUPT, "MANIFEST.json: no count of %s", sg_kind_names[k]);
        m->counts[k] = (uint64_t)json_integer_value(n);
    }
    return 0;
}

static int verify_self(json_t *root, struct sg_error *e)
{
    char is[17], said[17] = "";
    const char *sum = json_string_value(json_object_get(root, "checksum"));
    snprintf(said, sizeof said, "%s", sum ? sum : "");
    json_object_del(root, "checksum");
    if (!self_checksum(root, is))
        return sg_fail(e, SG_ENOMEM, "MANIFEST.json");
    if (strcmp(is, said) != 0)
        return sg_fail(e, SG_ECORRUPT, "MANIFEST.json: checksum differs");
    return 0;
}

static int read_root(struct sg_manifest *m, json_t *root, struct sg_error *e)
{
    const char *name, *slot;
    json_int_t lsn, created, sequence;
    json_t *counts, *files;
    int rc = verify_self(root, e);
    if (rc)
        return rc;
    if (json_unpack(root, "{s:i, s:s, s:s, s:I, s:I, s:o, s:I, s:F, s:o}", "format", &m->format,
                    "name", &name, "slot", &slot, "lsn", &lsn, "created_us", &created, "counts",
                    &counts, "sequence", &sequence, "canary_mrr", &m->canary_mrr, "files",
                    &files) < 0)
        return sg_fail(e, SG_ECORRUPT, "MANIFEST.json: a member is missing or of another type");
    if (m->format != SG_GENERATION_FORMAT)
        return sg_fail(e, SG_ECORRUPT,
                       "MANIFEST.json: format %d, this program reads %d: needs a rebuild",
                       m->format, SG_GENERATION_FORMAT);
    if (strlen(name) >= sizeof m->name || strlen(slot) >= sizeof m->slot || lsn < 0 || sequence < 0)
        return sg_fail(e, SG_ECORRUPT, "MANIFEST.json: a value is out of bounds");
    snprintf(m->name, sizeof m->name, "%s", name);
    snprintf(m->slot, sizeof m->slot, "%s", slot);
    m->lsn = (uint64_t)lsn;
    m->created_us = created;
    m->sequence = (uint64_t)sequence;
    rc = read_counts(m, counts, e);
    return rc ? rc : read_files(m, files, e);
}

static int read_text(const char *path, struct sg_buf *out, struct sg_error *e)
{
    int rc = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "open %s", path);
    for (ssize_t n = 1; n > 0 && out->n <= MANIFEST_BYTES;) {
        char *to = sg_buf_reserve(out, 4096);
        n = to ? read(fd, to, 4096) : -1;
        if (n > 0)
            out->n += (size_t)n;
        else if (n < 0)
            rc = sg_fail_errno(e, "read %s", path);
    }
    close(fd);
    return rc;
}

int sg_manifest_read(struct sg_manifest *m, const char *generation_dir, struct sg_error *e)
{
    char path[PATH_MAX];
    struct sg_buf text = {0};
    struct sg_manifest *got = calloc(1, sizeof *got);
    json_t *root = NULL;
    int rc = got ? path_join(path, generation_dir, "MANIFEST.json", e)
                 : sg_fail(e, SG_ENOMEM, "manifest");
    if (!rc)
        rc = read_text(path, &text, e);
    if (rc)
        goto done;
    json_error_t why;
    root = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &why);
    if (!root) {
        rc = sg_fail(e, SG_ECORRUPT, "MANIFEST.json: line %d: %s", why.line, why.text);
        goto done;
    }
    rc = read_root(got, root, e);
    if (!rc)
        *m = *got;
done:
    json_decref(root);
    sg_buf_free(&text);
    free(got);
    return rc;
}

/* --- atomic small files --- */

static int sync_dir(const char *dir, struct sg_error *e)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "open %s", dir);
    int rc = fsync(fd) < 0 ? sg_fail_errno(e, "sync %s", dir) : 0;
    close(fd);
    return rc;
}

static int write_synced(const char *path, struct sg_str text, struct sg_error *e)
{
    int rc = 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return sg_fail_errno(e, "create %s", path);
    while (!rc && text.n) {
        ssize_t n = write(fd, text.p, text.n);
        if (n < 0 && errno != EINTR)
            rc = sg_fail_errno(e, "write %s", path);
        if (n > 0)
            text = (struct sg_str){text.p + n, text.n - (size_t)n};
    }
    if (!rc && fsync(fd) < 0)
        rc = sg_fail_errno(e, "sync %s", path);
    if (close(fd) < 0 && !rc)
        rc = sg_fail_errno(e, "close %s", path);
    return rc;
}

static int replace_file(const char *dir, const char *name, struct sg_str text, struct sg_error *e)
{
    char path[PATH_MAX], temporary[PATH_MAX];
    char hidden[80];
    snprintf(hidden, sizeof hidden, ".%s.%ld", name, (long)getpid());
    int rc = path_join(path, dir, name, e);
    if (!rc)
        rc = path_join(temporary, dir, hidden, e);
    if (!rc)
        rc = write_synced(temporary, text, e);
    if (!rc && rename(temporary, path) < 0)
        rc = sg_fail_errno(e, "rename %s", path);
    if (rc) {
        unlink(temporary);
        return rc;
    }
    return sync_dir(dir, e);
}

int sg_manifest_write(const struct sg_manifest *m, const char *generation_dir, struct sg_error *e)
{
    if (!name_ok(m->name, sizeof m->name) || m->lsn > INT64_MAX || m->sequence > INT64_MAX)
        return sg_fail(e, SG_EINVAL, "manifest: name '%s' or a position is out of bounds", m->name);
    json_t *root = manifest_to_json(m);
    char *text = root ? json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) : NULL;
    int rc = text ? replace_file(generation_dir, "MANIFEST.json", sg_str(text), e)
                  : sg_fail(e, SG_ENOMEM, "manifest");
    free(text);
    json_decref(root);
    return rc;
}

int sg_current_read(const char *index_dir, char name[SG_GENERATION_NAME], struct sg_error *e)
{
    char path[PATH_MAX], text[SG_GENERATION_NAME + 2];
    int rc = path_join(path, index_dir, "CURRENT", e);
    if (rc)
        return rc;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "open %s", path);
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n < 0)
        return sg_fail_errno(e, "read %s", path);
    text[n] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (!name_ok(text, SG_GENERATION_NAME))
        return sg_fail(e, SG_ECORRUPT, "%s: not a generation's name", path);
    snprintf(name, SG_GENERATION_NAME, "%.*s", SG_GENERATION_NAME - 1, text);
    return 0;
}

int sg_current_publish(const char *index_dir, const char *name, struct sg_error *e)
{
    char line[SG_GENERATION_NAME + 1];
    if (!name_ok(name, SG_GENERATION_NAME))
        return sg_fail(e, SG_EINVAL, "publish: '%s' is not a generation's name", name);
    int n = snprintf(line, sizeof line, "%s\n", name);
    return replace_file(index_dir, "CURRENT", (struct sg_str){line, (size_t)n}, e);
}

/* --- the folder of generations --- */

static bool is_newer(const struct sg_manifest *a, const struct sg_manifest *b)
{
    if (a->created_us != b->created_us)
        return a->created_us > b->created_us;
    return strcmp(a->name, b->name) > 0;
}

/* Keeps out sorted, newest first, the oldest falling off at cap. */
static size_t insert_newest(struct sg_manifest *out, size_t n, size_t cap,
                            const struct sg_manifest *m)
{
    size_t at = n;
    while (at > 0 && is_newer(m, &out[at - 1]))
        at--;
    if (at == cap)
        return n;
    size_t end = n < cap ? n : cap - 1;
    memmove(&out[at + 1], &out[at], (end - at) * sizeof *out);
    out[at] = *m;
    return n < cap ? n + 1 : cap;
}

size_t sg_generation_list(const char *index_dir, struct sg_manifest *out, size_t cap)
{
    DIR *d = opendir(index_dir);
    struct sg_manifest *m = malloc(sizeof *m);
    size_t n = 0;
    for (struct dirent *i; d && m && (i = readdir(d));) {
        char path[PATH_MAX];
        if (strncmp(i->d_name, "gen-", 4) != 0 || !name_ok(i->d_name, SG_GENERATION_NAME) ||
            path_join(path, index_dir, i->d_name, NULL))
            continue;
        if (sg_manifest_read(m, path, NULL) == 0 && strcmp(m->name, i->d_name) == 0)
            n = insert_newest(out, n, cap, m);
    }
    free(m);
    if (d)
        closedir(d);
    return n;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int sg_generation_remove(const char *index_dir, const char *name, struct sg_error *e)
{
    char path[PATH_MAX], manifest[PATH_MAX], current[SG_GENERATION_NAME];
    if (!name_ok(name, SG_GENERATION_NAME))
        return sg_fail(e, SG_EINVAL, "remove: '%s' is not a generation's name", name);
    if (sg_current_read(index_dir, current, NULL) == 0 && strcmp(current, name) == 0)
        return sg_fail(e, SG_EBUSY, "%s is being served", name);
    int rc = path_join(path, index_dir, name, e);
    if (!rc)
        rc = path_join(manifest, path, "MANIFEST.json", e);
    if (rc)
        return rc;
    /* Without its manifest it is no generation any more, however far the rest gets. */
    if (unlink(manifest) < 0 && errno != ENOENT)
        return sg_fail_errno(e, "remove %s", manifest);
    if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0)
        return sg_fail_errno(e, "remove %s", path);
    return 0;
}
