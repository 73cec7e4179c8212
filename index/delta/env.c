/* env.c - the LMDB environment of a delta and its tables; see format.h.
 *
 * POSIX locks belong to a process, so LMDB's lock file would be initialised
 * afresh by a second open here while others use it. Hence one handle for each
 * data.mdb, found by its device and inode, counted.
 */
#include "index/delta/format.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Address space, not disk: the file grows as it is used. */
#define MAP_BYTES   ((size_t)64 << 30)
#define READERS_MAX 1024
/* lock.mdb holds more slots than that in: LMDB takes the count from its size. */
#define LOCK_BYTES (128 << 10)

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sg_delta_env *registry;

static const struct {
    const char *name;
    unsigned flags;
} tables[SG_DELTA_TABLES] = {
    [SG_DELTA_RECORD] = {"record", 0},
    [SG_DELTA_OF] = {"of", 0},
    [SG_DELTA_DOCUMENT] = {"document", MDB_INTEGERKEY},
    [SG_DELTA_POSTING] = {"posting", MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP},
    [SG_DELTA_ARTIST_SONG] = {"artist-song", MDB_DUPSORT | MDB_DUPFIXED},
    [SG_DELTA_ARTIST_ALBUM] = {"artist-album", MDB_DUPSORT | MDB_DUPFIXED},
    [SG_DELTA_ALBUM_SONG] = {"album-song", MDB_DUPSORT | MDB_DUPFIXED},
    [SG_DELTA_GENRE] = {"genre", 0},
    [SG_DELTA_TITLE] = {"title", MDB_DUPSORT | MDB_DUPFIXED},
    [SG_DELTA_PLAYS] = {"plays", 0},
    [SG_DELTA_NOTE] = {"note", 0},
    [SG_DELTA_META] = {"meta", 0},
    [SG_DELTA_LEVER] = {"lever", 0},
    [SG_DELTA_LYRICS] = {"lyrics", 0},
};

static int code_of(int rc)
{
    switch (rc) {
    case MDB_NOTFOUND:
    case ENOENT:
        return SG_ENOENT;
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
    case ENOSPC:
    case EDQUOT:
        return SG_ENOSPC;
    case ENOMEM:
        return SG_ENOMEM;
    case MDB_READERS_FULL:
        return SG_EBUSY;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        return SG_ECORRUPT;
    default:
        return SG_EIO;
    }
}

int sg_delta_fail(struct sg_error *e, int lmdb_rc, const char *what)
{
    return sg_fail(e, code_of(lmdb_rc), "delta: %s: %s", what, mdb_strerror(lmdb_rc));
}

bool sg_delta_fixed(MDB_val v, void *out, size_t n)
{
    if (v.mv_size != n)
        return false;
    memcpy(out, v.mv_data, n);
    return true;
}

bool sg_delta_row_read(MDB_val v, struct sg_delta_row *row, struct sg_str *text,
                       struct sg_str *terms)
{
    const char *p = v.mv_data;
    if (v.mv_size < sizeof *row)
        return false;
    memcpy(row, p, sizeof *row);
    if ((uint64_t)row->text_bytes + row->terms_bytes != v.mv_size - sizeof *row ||
        row->kind >= SG_KINDS)
        return false;
    *text = (struct sg_str){p + sizeof *row, row->text_bytes};
    *terms = (struct sg_str){text->p + text->n, row->terms_bytes};
    return true;
}

/* Handles opened in a transaction live on only when it commits, a reading one too. */
static int open_tables(struct sg_delta_env *env, bool create, struct sg_error *e)
{
    MDB_txn *txn;
    int rc = mdb_txn_begin(env->env, NULL, create ? 0 : MDB_RDONLY, &txn);
    if (rc)
        return sg_delta_fail(e, rc, "begin");
    for (int i = 0; !rc && i < SG_DELTA_TABLES; i++)
        rc = mdb_dbi_open(txn, tables[i].name, tables[i].flags | (create ? MDB_CREATE : 0),
                          &env->table[i]);
    if (rc) {
        mdb_txn_abort(txn);
        return sg_delta_fail(e, rc, "open tables");
    }
    rc = mdb_txn_commit(txn);
    if (rc)
        return sg_delta_fail(e, rc, "open tables");
    atomic_store(&env->ready, true);
    return 0;
}

static int open_env(struct sg_delta_env *env, const char *path, struct sg_error *e)
{
    unsigned flags = MDB_NOTLS | MDB_NORDAHEAD;
    int rc;
    for (;;) {
        rc = mdb_env_create(&env->env);
        if (rc)
            return sg_delta_fail(e, rc, "create");
        mdb_env_set_mapsize(env->env, MAP_BYTES);
        mdb_env_set_maxdbs(env->env, SG_DELTA_TABLES);
        mdb_env_set_maxreaders(env->env, READERS_MAX);
        rc = mdb_env_open(env->env, path, flags, 0644);
        if (!rc)
            return 0;
        mdb_env_close(env->env);
        env->env = NULL;
        if ((rc != EACCES && rc != EROFS) || (flags & MDB_RDONLY))
            return sg_delta_fail(e, rc, path);
        flags |= MDB_RDONLY;
    }
}

/* The lock file is written through a mapping: its blocks must exist before the
 * disk is full. Only while this process has it not open: close drops its locks. */
static int reserve_lock(const char *path, bool create, struct sg_error *e)
{
    char lock[PATH_MAX];
    int rc = 0;
    snprintf(lock, sizeof lock, "%s/lock.mdb", path);
    int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return create ? sg_fail_errno(e, "open %s", lock) : 0;
    errno = posix_fallocate(fd, 0, LOCK_BYTES);
    if (errno && create)
        rc = sg_fail_errno(e, "make %s", lock);
    close(fd);
    return rc;
}

static struct sg_delta_env *find(const char *data_path)
{
    struct stat want, have;
    if (stat(data_path, &want) < 0)
        return NULL;
    for (struct sg_delta_env *i = registry; i; i = i->next) {
        mdb_filehandle_t fd;
        if (mdb_env_get_fd(i->env, &fd) == 0 && fstat(fd, &have) == 0 &&
            have.st_dev == want.st_dev && have.st_ino == want.st_ino)
            return i;
    }
    return NULL;
}

static int add(struct sg_delta_env **out, const char *path, bool create, struct sg_error *e)
{
    struct sg_delta_env *env = calloc(1, sizeof *env);
    if (!env)
        return sg_fail(e, SG_ENOMEM, "delta");
    int rc = reserve_lock(path, create, e);
    if (!rc)
        rc = open_env(env, path, e);
    if (rc) {
        free(env);
        return rc;
    }
    pthread_mutex_init(&env->open_lock, NULL);
    env->next = registry;
    registry = env;
    *out = env;
    return 0;
}

static void drop_ref(struct sg_delta_env *env)
{
    if (--env->refs > 0)
        return;
    for (struct sg_delta_env **i = &registry; *i; i = &(*i)->next)
        if (*i == env) {
            *i = env->next;
            break;
        }
    mdb_env_close(env->env);
    pthread_mutex_destroy(&env->open_lock);
    free(env);
}

static int acquire(struct sg_delta_env **out, const char *path, bool create, struct sg_error *e)
{
    char data[PATH_MAX];
    struct stat st;
    snprintf(data, sizeof data, "%s/data.mdb", path);
    if (!create && (stat(data, &st) < 0 || st.st_size == 0))
        return sg_fail(e, SG_ENOENT, "%s: no delta", path);
    struct sg_delta_env *env = find(data);
    int rc = env ? 0 : add(&env, path, create, e);
    if (rc)
        return rc;
    env->refs++;
    *out = env;
    return 0;
}

/* Not under the registry's lock: making the tables waits for LMDB's writer lock,
 * whose holder may be about to look something up in the registry. */
static int make_ready(struct sg_delta_env *env, bool create, struct sg_error *e)
{
    int rc = 0;
    if (atomic_load(&env->ready))
        return 0;
    pthread_mutex_lock(&env->open_lock);
    if (!atomic_load(&env->ready))
        rc = open_tables(env, create, e);
    pthread_mutex_unlock(&env->open_lock);
    return rc;
}

int sg_delta_env_acquire(struct sg_delta_env **out, const char *generation_dir, bool create,
                         struct sg_error *e)
{
    char path[PATH_MAX - 16];
    int n = snprintf(path, sizeof path, "%s/delta", generation_dir);
    if (n < 0 || (size_t)n >= sizeof path)
        return sg_fail(e, SG_EINVAL, "path too long: %s", generation_dir);
    if (create && mkdir(path, 0755) < 0 && errno != EEXIST)
        return sg_fail_errno(e, "create %s", path);
    struct sg_delta_env *env = NULL;
    pthread_mutex_lock(&registry_lock);
    int rc = acquire(&env, path, create, e);
    pthread_mutex_unlock(&registry_lock);
    if (rc)
        return rc;
    rc = make_ready(env, create, e);
    if (rc)
        sg_delta_env_release(env);
    else
        *out = env;
    return rc;
}

void sg_delta_env_release(struct sg_delta_env *env)
{
    if (!env)
        return;
    pthread_mutex_lock(&registry_lock);
    drop_ref(env);
    pthread_mutex_unlock(&registry_lock);
}
