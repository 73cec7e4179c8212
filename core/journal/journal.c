/* journal.c - adding in groups, reading and acknowledging: see journal.h. */
#include "core/journal.h"
#include "core/journal/record.h"
#include "core/journal/segments.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define GATHER_BYTES (1u << 20) /* written at once, however patient */
#define MEMORY_BYTES (8u << 20) /* waiting to be written */

struct waiter {
    sg_journal_done done;
    void *ctx;
};
struct group { /* what one sync makes safe */
    struct sg_buf records, waiters;
    uint64_t last;
};

struct sg_journal {
    int dir, lock_fd;
    uint64_t max_bytes, segment_bytes;
    int lazy_ms;
    pthread_t writer;
    bool has_writer;
    pthread_mutex_t lock; /* guards from here */
    pthread_cond_t work;
    struct group gathering;
    bool urgent, stop;
    uint64_t added, written, acknowledged, bytes, passed_over;
    uint64_t writing_first; /* the segment being written; 0: none */
    /* The writing thread's own. */
    struct group writing;
    int fd;
    uint64_t fd_bytes;
    /* The reader's own. */
    struct segments segments;
    struct sg_buf read;
    uint64_t read_last, read_segment, read_offset;
};

static void tell(struct group *g, int rc, const struct sg_error *e)
{
    const struct waiter *w = (const void *)g->waiters.p;
    for (size_t i = 0; i < g->waiters.n / sizeof *w; i++)
        w[i].done(w[i].ctx, rc, e);
    sg_buf_reset(&g->waiters);
    sg_buf_reset(&g->records);
}

static void end_segment(struct sg_journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
}

static int begin_segment(struct sg_journal *j, uint64_t first, struct sg_error *e)
{
    j->fd = segments_create(j->dir, first, e);
    j->fd_bytes = 0;
    if (j->fd < 0)
        return j->fd;
    pthread_mutex_lock(&j->lock);
    j->writing_first = first;
    pthread_mutex_unlock(&j->lock);
    return 0;
}

static int write_all(int fd, struct sg_str s, struct sg_error *e)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return sg_fail_errno(e, "journal");
        s.p += n;
        s.n -= (size_t)n;
    }
    return 0;
}

/* What did not fit is cut off again, for all of the group is told that it was not kept: a reader
 * must not find the half that was. After a failed sync nothing is known of the file: it is left,
 * another one begun. */
static int append_group(struct sg_journal *j, struct sg_error *e)
{
    int rc = write_all(j->fd, sg_buf_str(&j->writing.records), e);
    bool is_written = !rc;
    if (!rc && fdatasync(j->fd))
        rc = sg_fail_errno(e, "journal: sync");
    if (!rc)
        j->fd_bytes += j->writing.records.n;
    else if (ftruncate(j->fd, (off_t)j->fd_bytes) || is_written)
        end_segment(j);
    return rc;
}

static int write_group(struct sg_journal *j, uint64_t first, struct sg_error *e)
{
    if (j->fd >= 0 && j->fd_bytes >= j->segment_bytes)
        end_segment(j);
    int rc = j->fd < 0 ? begin_segment(j, first, e) : 0;
    return rc ? rc : append_group(j, e);
}

static void write_gathered(struct sg_journal *j)
{
    struct sg_error e = SG_ERROR_INIT;
    struct group empty = j->writing;
    uint64_t first = j->written + 1;
    j->writing = j->gathering;
    j->gathering = empty;
    j->urgent = false;
    pthread_mutex_unlock(&j->lock);
    int rc = write_group(j, first, &e);
    pthread_mutex_lock(&j->lock);
    j->written = j->writing.last;
    if (rc)
        j->bytes -= j->writing.records.n;
    pthread_mutex_unlock(&j->lock);
    tell(&j->writing, rc, &e);
    pthread_mutex_lock(&j->lock);
}

static void be_patient(struct sg_journal *j)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(j->lazy_ms % 1000) * 1000000;
    until.tv_sec += j->lazy_ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    int rc = 0;
    while (!rc && !j->urgent && !j->stop && j->gathering.records.n < GATHER_BYTES)
        rc = pthread_cond_timedwait(&j->work, &j->lock, &until);
}

static void *writer_main(void *ctx)
{
    struct sg_journal *j = ctx;
    pthread_mutex_lock(&j->lock);
    for (;;) {
        while (!j->gathering.records.n && !j->stop)
            pthread_cond_wait(&j->work, &j->lock);
        if (!j->gathering.records.n)
            break;
        be_patient(j);
        write_gathered(j);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* With the lock. */
static int add(struct sg_journal *j, struct sg_str record, sg_journal_done done, void *ctx,
               struct sg_error *e)
{
    size_t n = JOURNAL_HEADER + record.n, before = j->gathering.records.n;
    struct waiter w = {done, ctx};
    if (j->bytes + n > (done ? j->max_bytes : j->max_bytes / 2) || before + n > MEMORY_BYTES)
        return sg_fail(e, SG_EBUSY, "the journal is full");
    if (done && !sg_buf_reserve(&j->gathering.waiters, sizeof w))
        return sg_fail(e, SG_ENOMEM, "journal");
    journal_frame(&j->gathering.records, j->added + 1, record);
    if (sg_buf_failed(&j->gathering.records)) {
        j->gathering.records.n = before;
        j->gathering.records.failed = false;
        return sg_fail(e, SG_ENOMEM, "journal");
    }
    j->gathering.last = ++j->added;
    j->bytes += n;
    bool wake = !before || j->gathering.records.n >= GATHER_BYTES;
    if (done) {
        sg_buf_put(&j->gathering.waiters, &w, sizeof w);
        wake = wake || !j->urgent;
        j->urgent = true;
    }
    if (wake)
        pthread_cond_signal(&j->work);
    return 0;
}

int sg_journal_add(struct sg_journal *j, struct sg_str record, sg_journal_done done, void *ctx,
                   struct sg_error *e)
{
    if (record.n == 0 || record.n > SG_JOURNAL_RECORD_MAX)
        return sg_fail(e, SG_EINVAL, "a journal's record of %zu bytes", record.n);
    pthread_mutex_lock(&j->lock);
    int rc = add(j, record, done, ctx, e);
    pthread_mutex_unlock(&j->lock);
    return rc;
}

struct wait {
    pthread_mutex_t lock;
    pthread_cond_t told;
    bool over;
    int rc;
    struct sg_error e;
};

static void waited(void *ctx, int rc, const struct sg_error *e)
{
    struct wait *w = ctx;
    pthread_mutex_lock(&w->lock);
    w->rc = rc;
    w->e = *e;
    w->over = true;
    pthread_cond_signal(&w->told);
    pthread_mutex_unlock(&w->lock);
}

int sg_journal_add_wait(struct sg_journal *j, struct sg_str record, struct sg_error *e)
{
    struct wait w = {.lock = PTHREAD_MUTEX_INITIALIZER, .told = PTHREAD_COND_INITIALIZER};
    int rc = sg_journal_add(j, record, waited, &w, e);
    if (rc)
        return rc;
    pthread_mutex_lock(&w.lock);
    while (!w.over)
        pthread_cond_wait(&w.told, &w.lock);
    pthread_mutex_unlock(&w.lock);
    if (w.rc && e)
        *e = w.e;
    return w.rc;
}

/* Where the segment holding the record behind read_last begins; false: nothing there. */
static bool place_reader(struct sg_journal *j, struct sg_error *e, int *rc)
{
    *rc = segments_list(j->dir, &j->segments, e);
    const struct segments *s = &j->segments;
    size_t i = 0;
    while (!*rc && i < s->n && s->v[i].first <= j->read_segment)
        i++;
    if (*rc || i == s->n)
        return false;
    while (i + 1 < s->n && s->v[i + 1].first <= j->read_last + 1)
        i++;
    j->read_segment = s->v[i].first;
    j->read_offset = 0;
    return true;
}

/* Of the open segment, from where reading stopped; true when it is known to grow no more. */
static int fill(struct sg_journal *j, uint64_t *upto, bool *ended, struct sg_error *e)
{
    pthread_mutex_lock(&j->lock);
    *ended = j->read_segment < j->writing_first;
    *upto = j->written;
    pthread_mutex_unlock(&j->lock);
    return segments_read(j->dir, j->read_segment, j->read_offset, &j->read, e);
}

static size_t parse(struct sg_journal *j, uint64_t upto, bool ended, struct sg_journal_record *out,
                    size_t cap)
{
    struct sg_str rest = sg_buf_str(&j->read), before = rest;
    uint64_t passed = 0;
    size_t n = 0;
    while (n < cap && sg_journal_next(&rest, j->read_last, &out[n], &passed)) {
        if (out[n].sequence > upto) /* its sync may still fail */
            break;
        j->read_last = out[n++].sequence;
        before = rest;
    }
    j->read_offset += (uint64_t)(before.p - j->read.p);
    if (n == 0 && ended)
        passed += before.n;
    pthread_mutex_lock(&j->lock);
    j->passed_over += passed;
    pthread_mutex_unlock(&j->lock);
    return n;
}

int sg_journal_read(struct sg_journal *j, struct sg_journal_record *out, size_t cap, size_t *n,
                    struct sg_error *e)
{
    int rc = 0;
    *n = 0;
    for (;;) {
        uint64_t upto;
        bool ended;
        if (!j->read_segment && !place_reader(j, e, &rc))
            return rc;
        rc = fill(j, &upto, &ended, e);
        if (rc)
            return rc;
        *n = parse(j, upto, ended, out, cap);
        if (*n || !ended || !place_reader(j, e, &rc))
            return rc;
    }
}

void sg_journal_rewind(struct sg_journal *j)
{
    j->read_last = j->acknowledged;
    j->read_segment = j->read_offset = 0;
}

/* A segment is done with when the next one begins at or before what is still wanted. */
static int sweep(struct sg_journal *j, struct sg_error *e)
{
    struct segments *s = &j->segments;
    int rc = segments_list(j->dir, s, e);
    uint64_t freed = 0;
    for (size_t i = 0; !rc && i < s->n; i++) {
        bool done = i + 1 < s->n && s->v[i + 1].first <= j->acknowledged + 1 &&
                    s->v[i].first != j->read_segment;
        if (done)
            segments_remove(j->dir, s->v[i].first);
        freed += done ? s->v[i].bytes : 0;
    }
    pthread_mutex_lock(&j->lock);
    if (!rc)
        j->bytes -= freed < j->bytes ? freed : j->bytes;
    pthread_mutex_unlock(&j->lock);
    return rc;
}

int sg_journal_acknowledge(struct sg_journal *j, uint64_t sequence, struct sg_error *e)
{
    if (sequence <= j->acknowledged)
        return 0;
    int rc = position_write(j->dir, sequence, e);
    if (rc)
        return rc;
    pthread_mutex_lock(&j->lock);
    j->acknowledged = sequence;
    pthread_mutex_unlock(&j->lock);
    return sweep(j, e);
}

void sg_journal_state(struct sg_journal *j, struct sg_journal_state *out)
{
    pthread_mutex_lock(&j->lock);
    *out = (struct sg_journal_state){j->added, j->acknowledged, j->bytes, j->passed_over};
    pthread_mutex_unlock(&j->lock);
}

static int take_folder(struct sg_journal *j, const char *dir, struct sg_error *e)
{
    if (mkdir(dir, 0700) && errno != EEXIST)
        return sg_fail_errno(e, "%s", dir);
    j->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    j->lock_fd = j->dir < 0 ? -1 : openat(j->dir, "LOCK", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (j->lock_fd < 0)
        return sg_fail_errno(e, "%s", dir);
    return flock(j->lock_fd, LOCK_EX | LOCK_NB)
               ? sg_fail(e, SG_EBUSY, "%s: another process has it", dir)
               : 0;
}

/* The last sequence that any segment shows, or could have: names tell those of lost ones. */
static int find_end(struct sg_journal *j, struct sg_error *e)
{
    struct segments *s = &j->segments;
    int rc = segments_list(j->dir, s, e);
    j->added = j->acknowledged;
    for (size_t i = 0; !rc && i < s->n; i++) {
        j->bytes += s->v[i].bytes;
        if (s->v[i].first > j->added + 1)
            j->added = s->v[i].first - 1;
    }
    if (rc || s->n == 0)
        return rc;
    rc = segments_read(j->dir, s->v[s->n - 1].first, 0, &j->read, e);
    struct sg_str rest = sg_buf_str(&j->read);
    struct sg_journal_record r;
    uint64_t passed = 0;
    while (!rc && sg_journal_next(&rest, j->added, &r, &passed))
        j->added = r.sequence;
    /* One of the same name would be appended to: begin behind it. */
    if (!rc && j->added + 1 == s->v[s->n - 1].first)
        j->added++;
    return rc;
}

static void init_sync(struct sg_journal *j)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->work, &attr);
    pthread_condattr_destroy(&attr);
}

int sg_journal_open(struct sg_journal **out, const struct sg_journal_options *o, struct sg_error *e)
{
    struct sg_journal *j = calloc(1, sizeof *j);
    if (!j)
        return sg_fail(e, SG_ENOMEM, "journal");
    j->dir = j->lock_fd = j->fd = -1;
    j->max_bytes = o->max_bytes ? o->max_bytes : 256u << 20;
    j->segment_bytes = o->segment_bytes ? o->segment_bytes : 4u << 20;
    j->lazy_ms = o->lazy_ms ? o->lazy_ms : 200;
    init_sync(j);
    int rc = take_folder(j, o->dir, e);
    if (!rc) {
        j->read_last = j->acknowledged = position_open(j->dir);
        rc = find_end(j, e);
    }
    j->written = j->added;
    j->writing_first = j->added + 1;
    if (!rc && pthread_create(&j->writer, NULL, writer_main, j))
        rc = sg_fail(e, SG_EIO, "journal: no thread");
    j->has_writer = !rc;
    if (rc)
        sg_journal_close(j);
    else
        *out = j;
    return rc;
}

void sg_journal_close(struct sg_journal *j)
{
    if (!j)
        return;
    if (j->has_writer) {
        pthread_mutex_lock(&j->lock);
        j->stop = true;
        pthread_cond_signal(&j->work);
        pthread_mutex_unlock(&j->lock);
        pthread_join(j->writer, NULL);
    }
    end_segment(j);
    sg_buf_free(&j->gathering.records);
    sg_buf_free(&j->gathering.waiters);
    sg_buf_free(&j->writing.records);
    sg_buf_free(&j->writing.waiters);
    sg_buf_free(&j->read);
    free(j->segments.v);
    if (j->lock_fd >= 0)
        close(j->lock_fd);
    if (j->dir >= 0)
        close(j->dir);
    pthread_cond_destroy(&j->work);
    pthread_mutex_destroy(&j->lock);
    free(j);
}
