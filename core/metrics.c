/* metrics.c - see metrics.h.
 *
 * A family is a fixed table of series, one a label value. A series is claimed
 * once by compare-and-swap and never moves, so recording is a short probe and
 * one atomic addition. The last series takes what no longer fits.
 */
#include "core/metrics.h"
#include "core/clock.h"
#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { SERIES = 256, VALUE_BYTES = 64 }; /* the API has more than a hundred paths */

static const double bounds[] = {50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3,
                                50e-3, 100e-3, 250e-3, 500e-3, 1,    2.5,    5,    10};
enum { BUCKETS = sizeof bounds / sizeof *bounds + 1 }; /* the last is +Inf */

enum series_state { FREE, CLAIMED, READY };
struct series {
    atomic_int state;
    char value[VALUE_BYTES];
    _Atomic uint64_t total; /* bits of a double: value, or sum of seconds */
    _Atomic uint64_t *buckets;
};

struct sg_metric {
    struct sg_metric *next;
    const char *name, *help, *label;
    enum sg_metric_kind kind;
    struct series series[SERIES + 1]; /* the last one is "other" */
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static struct sg_metric *_Atomic registry;

static struct sg_metric *find_metric(const char *name)
{
    struct sg_metric *m = atomic_load(&registry);
    while (m && strcmp(m->name, name) != 0)
        m = m->next;
    return m;
}

static void *must_alloc(size_t n)
{
    void *p = calloc(1, n);
    if (!p)
        abort();
    return p;
}

static struct sg_metric *make_metric(enum sg_metric_kind kind, const char *name, const char *help,
                                     const char *label)
{
    struct sg_metric *m = must_alloc(sizeof *m);
    m->kind = kind;
    m->name = name;
    m->help = help;
    m->label = label;
    if (kind == SG_HISTOGRAM) {
        size_t per_series = BUCKETS * sizeof(_Atomic uint64_t);
        char *all = must_alloc((SERIES + 1) * per_series);
        for (size_t i = 0; i <= SERIES; i++)
            m->series[i].buckets = (void *)(all + i * per_series);
    }
    strcpy(m->series[SERIES].value, "other");
    return m;
}

static struct series *series_of(struct sg_metric *m, const char *value);

struct sg_metric *sg_metric_new(enum sg_metric_kind kind, const char *name, const char *help,
                                const char *label)
{
    pthread_mutex_lock(&registry_lock);
    struct sg_metric *m = find_metric(name);
    if (!m) {
        m = make_metric(kind, name, help, label);
        if (!label)
            series_of(m, ""); /* shown as 0 until something happens */
        m->next = atomic_load(&registry);
        atomic_store(&registry, m);
    }
    pthread_mutex_unlock(&registry_lock);
    return m;
}

static uint64_t hash(const char *s)
{
    uint64_t h = 0xcbf29ce484222325; /* FNV-1a */
    for (; *s; s++)
        h = (h ^ (unsigned char)*s) * 0x100000001b3;
    return h;
}

/* Claims a free series for value; false when somebody else was first. */
static bool claim(struct series *s, const char *value)
{
    int expected = FREE;
    if (!atomic_compare_exchange_strong(&s->state, &expected, CLAIMED))
        return false;
    strcpy(s->value, value);
    atomic_store_explicit(&s->state, READY, memory_order_release);
    return true;
}

static int ready_state(struct series *s)
{
    int state;
    do /* a claim is a few instructions long */
        state = atomic_load_explicit(&s->state, memory_order_acquire);
    while (state == CLAIMED);
    return state;
}

static struct series *series_of(struct sg_metric *m, const char *value)
{
    struct series *other = &m->series[SERIES];
    if (!value)
        value = "";
    if (strlen(value) < VALUE_BYTES) {
        uint64_t h = hash(value);
        for (uint64_t i = 0; i < SERIES; i++) {
            struct series *s = &m->series[(h + i) % SERIES];
            if (ready_state(s) == FREE && claim(s, value))
                return s;
            if (ready_state(s) == READY && !strcmp(s->value, value))
                return s;
        }
    }
    atomic_store_explicit(&other->state, READY, memory_order_release);
    return other;
}

static double as_double(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, 8);
    return v;
}

static uint64_t as_bits(double v)
{
    uint64_t bits;
    memcpy(&bits, &v, 8);
    return bits;
}

static void add_double(_Atomic uint64_t *to, double by)
{
    uint64_t old = atomic_load_explicit(to, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(to, &old, as_bits(as_double(old) + by),
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void sg_metric_add(struct sg_metric *m, const char *value, double by)
{
    if (m->kind != SG_HISTOGRAM)
        add_double(&series_of(m, value)->total, by);
}

void sg_metric_set(struct sg_metric *m, const char *value, double to)
{
    if (m->kind == SG_GAUGE)
        atomic_store_explicit(&series_of(m, value)->total, as_bits(to), memory_order_relaxed);
}

void sg_metric_observe(struct sg_metric *m, const char *value, double seconds)
{
    if (m->kind != SG_HISTOGRAM)
        return;
    struct series *s = series_of(m, value);
    size_t i = 0;
    while (i < BUCKETS - 1 && !(seconds <= bounds[i]))
        i++;
    atomic_fetch_add_explicit(&s->buckets[i], 1, memory_order_relaxed);
    add_double(&s->total, seconds);
}

static void put_escaped(struct sg_buf *out, const char *s, bool quotes)
{
    for (; *s; s++) {
        if (*s == '\n')
            sg_buf_puts(out, "\\n");
        else if (*s == '\\')
            sg_buf_puts(out, "\\\\");
        else if (*s == '"' && quotes)
            sg_buf_puts(out, "\\\"");
        else
            sg_buf_putc(out, *s);
    }
}

/* {label="value",le="0.005"}: either part, both or none. */
static void put_labels(struct sg_buf *out, const struct sg_metric *m, const struct series *s,
                       const char *le)
{
    if (!m->label && !le)
        return;
    sg_buf_putc(out, '{');
    if (m->label) {
        sg_buf_printf(out, "%s=\"", m->label);
        put_escaped(out, s->value, true);
        sg_buf_puts(out, le ? "\"," : "\"");
    }
    if (le)
        sg_buf_printf(out, "le=\"%s\"", le);
    sg_buf_putc(out, '}');
}

static void expose_histogram(struct sg_buf *out, const struct sg_metric *m, struct series *s)
{
    uint64_t count = 0;
    char le[32] = "+Inf";
    for (size_t i = 0; i < BUCKETS; i++) {
        count += atomic_load_explicit(&s->buckets[i], memory_order_relaxed);
        if (i + 1 < BUCKETS)
            snprintf(le, sizeof le, "%g", bounds[i]);
        sg_buf_printf(out, "%s_bucket", m->name);
        put_labels(out, m, s, i + 1 < BUCKETS ? le : "+Inf");
        sg_buf_printf(out, " %llu\n", (unsigned long long)count);
    }
    sg_buf_printf(out, "%s_sum", m->name);
    put_labels(out, m, s, NULL);
    sg_buf_printf(out, " %.9g\n%s_count", as_double(atomic_load(&s->total)), m->name);
    put_labels(out, m, s, NULL);
    sg_buf_printf(out, " %llu\n", (unsigned long long)count);
}

static void put_family(struct sg_buf *out, const char *name, const char *help, const char *type)
{
    sg_buf_printf(out, "# HELP %s ", name);
    put_escaped(out, help, false);
    sg_buf_printf(out, "\n# TYPE %s %s\n", name, type);
}

static void expose(struct sg_buf *out, struct sg_metric *m)
{
    static const char *const types[] = {"counter", "gauge", "histogram"};
    put_family(out, m->name, m->help, types[m->kind]);
    for (size_t i = 0; i <= SERIES; i++) {
        struct series *s = &m->series[i];
        if (atomic_load_explicit(&s->state, memory_order_acquire) != READY)
            continue;
        if (m->kind == SG_HISTOGRAM) {
            expose_histogram(out, m, s);
            continue;
        }
        sg_buf_puts(out, m->name);
        put_labels(out, m, s, NULL);
        sg_buf_printf(out, " %.17g\n", as_double(atomic_load(&s->total)));
    }
}

static void expose_value(struct sg_buf *out, const char *name, const char *help, const char *type,
                         double v)
{
    put_family(out, name, help, type);
    sg_buf_printf(out, "%s %.17g\n", name, v);
}

static double resident_bytes(void)
{
    unsigned long long size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f && fscanf(f, "%llu %llu", &size, &resident) != 2) /* NOLINT(cert-err34-c): kernel's */
        resident = 0;
    if (f)
        fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static double open_files(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n > 3 ? n - 3 : 0; /* ".", ".." and the folder itself */
}

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Field 22 of /proc/self/stat, in ticks after boot; the name may hold spaces. */
static double start_seconds(void)
{
    char line[1024];
    unsigned long long ticks = 0;
    double up = 0;
    FILE *f = fopen("/proc/self/stat", "re");
    if (f && fgets(line, sizeof line, f)) {
        char *p = strrchr(line, ')');
        for (int field = 2; p && field < 22; field++)
            p = strchr(p + 1, ' ');
        if (p)
            ticks = strtoull(p, NULL, 10);
    }
    if (f)
        fclose(f);
    f = fopen("/proc/uptime", "re");
    if (f && fscanf(f, "%lf", &up) != 1) /* NOLINT(cert-err34-c): kernel's */
        up = 0;
    if (f)
        fclose(f);
    return (double)sg_wall_us() / 1e6 - up + (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

void sg_metrics_expose(struct sg_buf *out)
{
    for (struct sg_metric *m = atomic_load(&registry); m; m = m->next)
        expose(out, m);
    expose_value(out, "process_resident_memory_bytes", "Resident memory size in bytes.", "gauge",
                 resident_bytes());
    expose_value(out, "process_cpu_seconds_total", "User and system CPU time in seconds.",
                 "counter", cpu_seconds());
    expose_value(out, "process_start_time_seconds", "Start time since the Unix epoch in seconds.",
                 "gauge", start_seconds());
    expose_value(out, "process_open_fds", "Open file descriptors.", "gauge", open_files());
}
