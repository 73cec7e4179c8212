/* embedder.c - see embedder.h.
 *
 * A slot holds a text and goes from FREE to WANTED to ASKED to KNOWN, and back to FREE when the
 * server fails; of those KNOWN the longest unused one makes room.
 */
#include "query/embedder.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/text.h"
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <xxhash.h>

enum { SLOTS = 512, WAITING_MAX = 64, VAIN_MAX = 5, ASK_MS = 2000 };

enum state { FREE, WANTED, ASKED, KNOWN };

struct slot {
    enum state state;
    XXH128_hash_t key;
    uint64_t used;
    size_t bytes;
    char text[SG_EMBEDDINGS_TEXT];
};
struct sg_embedder {
    struct sg_embeddings *client; /* the thread's */
    size_t d, batch;
    uint64_t source;
    int64_t wait_us, ask_ms;
    pthread_t thread;
    bool failing; /* the thread's */
    float *received;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t wanted, answered;
    bool stop;
    int vain; /* waits in a row that brought nothing */
    size_t waiting;
    uint64_t clock;
    struct slot slots[SLOTS];
    float *vectors; /* by slot */
};

static size_t take_wanted(struct sg_embedder *x, size_t *slots, struct sg_str *texts)
{
    size_t n = 0;
    for (size_t i = 0; i < SLOTS && n < x->batch && n < WAITING_MAX; i++) {
        struct slot *s = &x->slots[i];
        if (s->state != WANTED)
            continue;
        s->state = ASKED; /* and its text stays until it is no longer */
        slots[n] = i;
        texts[n++] = (struct sg_str){s->text, s->bytes};
    }
    return n;
}

static void tell(struct sg_embedder *x, int rc, const struct sg_error *e)
{
    if (rc && !x->failing && rc != SG_ECANCELED)
        sg_log(SG_LOG_WARN, "no vectors of queries: searches go by words alone", "why=%s", e->text);
    if (!rc && x->failing)
        sg_log(SG_LOG_INFO, "vectors of queries are there again", NULL);
    x->failing = rc != 0;
}

static void take_answer(struct sg_embedder *x, const size_t *slots, size_t n, int rc,
                        int64_t took_us)
{
    for (size_t i = 0; i < n; i++) {
        struct slot *s = &x->slots[slots[i]];
        s->state = rc ? FREE : KNOWN;
        if (!rc)
            memcpy(x->vectors + slots[i] * x->d, x->received + i * x->d, x->d * sizeof(float));
    }
    x->waiting -= n;
    if (!rc && took_us <= x->wait_us)
        x->vain = 0;
    pthread_cond_broadcast(&x->answered);
}

static void *run(void *arg)
{
    struct sg_embedder *x = arg;
    size_t slots[WAITING_MAX];
    struct sg_str texts[WAITING_MAX];
    pthread_mutex_lock(&x->lock);
    while (!x->stop) {
        size_t n = take_wanted(x, slots, texts);
        if (!n) {
            pthread_cond_wait(&x->wanted, &x->lock);
            continue;
        }
        pthread_mutex_unlock(&x->lock);
        struct sg_error e = SG_ERROR_INIT;
        struct sg_embeddings_effort effort = {.timeout_ms = x->ask_ms};
        int64_t from_us = sg_now_us();
        int rc = sg_embeddings_ask(x->client, texts, n, &effort, x->received, &e);
        tell(x, rc, &e);
        pthread_mutex_lock(&x->lock);
        take_answer(x, slots, n, rc, sg_now_us() - from_us);
    }
    pthread_mutex_unlock(&x->lock);
    return NULL;
}

static void free_all(struct sg_embedder *x)
{
    sg_embeddings_close(x->client);
    pthread_mutex_destroy(&x->lock);
    pthread_cond_destroy(&x->wanted);
    pthread_cond_destroy(&x->answered);
    free(x->vectors);
    free(x->received);
    free(x);
}

static void init_sync(struct sg_embedder *x)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&x->lock, NULL);
    pthread_cond_init(&x->wanted, NULL);
    pthread_cond_init(&x->answered, &attr);
    pthread_condattr_destroy(&attr);
}

int sg_embedder_open(struct sg_embedder **out, const struct sg_config *c, struct sg_error *e)
{
    struct sg_embedder *x = calloc(1, sizeof *x);
    if (!x)
        return sg_fail(e, SG_ENOMEM, "embedder");
    init_sync(x);
    int rc = sg_embeddings_open(&x->client, c, e);
    if (!rc) {
        x->d = sg_embeddings_dimensions(x->client);
        x->batch = sg_embeddings_batch(x->client);
        x->source = sg_embeddings_source(x->client);
        x->wait_us = c->embeddings.query_timeout_ms * 1000;
        x->ask_ms = c->embeddings.timeout_ms < ASK_MS ? c->embeddings.timeout_ms : ASK_MS;
        x->vectors = malloc(SLOTS * x->d * sizeof *x->vectors);
        x->received = malloc(WAITING_MAX * x->d * sizeof *x->received);
        if (!x->vectors || !x->received || pthread_create(&x->thread, NULL, run, x))
            rc = sg_fail(e, SG_ENOMEM, "embedder");
    }
    if (rc)
        free_all(x);
    else
        *out = x;
    return rc;
}

void sg_embedder_close(struct sg_embedder *x)
{
    if (!x)
        return;
    sg_embeddings_cancel(x->client);
    pthread_mutex_lock(&x->lock);
    x->stop = true;
    pthread_cond_signal(&x->wanted);
    pthread_mutex_unlock(&x->lock);
    pthread_join(x->thread, NULL);
    free_all(x);
}

uint64_t sg_embedder_source(const struct sg_embedder *x)
{
    return x->source;
}

size_t sg_embedder_dimensions(const struct sg_embedder *x)
{
    return x->d;
}

static struct slot *find(struct sg_embedder *x, XXH128_hash_t key)
{
    for (size_t i = 0; i < SLOTS; i++)
        if (x->slots[i].state != FREE && XXH128_isEqual(x->slots[i].key, key))
            return &x->slots[i];
    return NULL;
}

/* Wanted from now on; NULL: too many are. */
static struct slot *want(struct sg_embedder *x, struct sg_str text, XXH128_hash_t key)
{
    struct slot *best = NULL;
    for (size_t i = 0; i < SLOTS && x->waiting < WAITING_MAX; i++) {
        struct slot *s = &x->slots[i];
        if (s->state == FREE || (s->state == KNOWN && (!best || s->used < best->used)))
            best = s;
        if (s->state == FREE)
            break;
    }
    if (!best)
        return NULL;
    best->state = WANTED;
    best->key = key;
    best->bytes = text.n;
    memcpy(best->text, text.p, text.n);
    x->waiting++;
    pthread_cond_signal(&x->wanted);
    return best;
}

/* Until the slot is not waited for any more, or the time is over. */
static void wait_for(struct sg_embedder *x, const struct slot *s, XXH128_hash_t key,
                     int64_t deadline_us)
{
    int64_t until_us = sg_now_us() + x->wait_us;
    bool hurried = deadline_us && deadline_us < until_us;
    if (hurried)
        until_us = deadline_us;
    struct timespec until = {until_us / 1000000, until_us % 1000000 * 1000};
    if (x->vain >= VAIN_MAX || x->wait_us == 0)
        return;
    while ((s->state == WANTED || s->state == ASKED) && XXH128_isEqual(s->key, key))
        if (pthread_cond_timedwait(&x->answered, &x->lock, &until)) {
            x->vain += !hurried;
            return;
        }
}

bool sg_embedder_vector(struct sg_embedder *x, struct sg_str text, int64_t deadline_us, float *out)
{
    if (text.n == 0)
        return false;
    if (text.n > SG_EMBEDDINGS_TEXT)
        text.n = sg_utf8_floor(text, SG_EMBEDDINGS_TEXT);
    XXH128_hash_t key = XXH3_128bits(text.p, text.n);
    pthread_mutex_lock(&x->lock);
    struct slot *s = find(x, key);
    if (!s)
        s = want(x, text, key);
    if (s && s->state != KNOWN)
        wait_for(x, s, key, deadline_us);
    s = find(x, key);
    bool known = s && s->state == KNOWN;
    if (known) {
        s->used = ++x->clock;
        memcpy(out, x->vectors + (size_t)(s - x->slots) * x->d, x->d * sizeof(float));
    }
    pthread_mutex_unlock(&x->lock);
    return known;
}
