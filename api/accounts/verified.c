/* verified.c - see verified.h. A table of places, each of its own row's lock. */
#include "api/accounts/verified.h"
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#define ROWS    64
#define PLACES  64 /* of one row; 4,096 tokens, 2 MiB */
#define HOLD_US 60000000

struct place {
    struct verified_id id;
    int64_t until_us; /* 0: empty */
    struct sg_token token;
};
struct row {
    pthread_mutex_t lock;
    struct place v[PLACES];
};
struct verified {
    unsigned char key[32];
    struct row rows[ROWS];
};

struct verified *verified_open(void)
{
    struct verified *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    randombytes_buf(v->key, sizeof v->key);
    for (size_t i = 0; i < ROWS; i++)
        pthread_mutex_init(&v->rows[i].lock, NULL);
    return v;
}

void verified_close(struct verified *v)
{
    for (size_t i = 0; v && i < ROWS; i++)
        pthread_mutex_destroy(&v->rows[i].lock);
    free(v);
}

void verified_id(const struct verified *v, struct sg_str token, struct verified_id *out)
{
    crypto_generichash(out->hash, sizeof out->hash, (const unsigned char *)token.p, token.n, v->key,
                       sizeof v->key);
}

static struct row *row_of(struct verified *v, const struct verified_id *id)
{
    return &v->rows[id->hash[0] % ROWS];
}

bool verified_find(struct verified *v, const struct verified_id *id, int64_t now_us,
                   struct sg_token *out)
{
    struct row *r = row_of(v, id);
    pthread_mutex_lock(&r->lock);
    const struct place *p = &r->v[id->hash[1] % PLACES];
    bool found = p->until_us > now_us && memcmp(&p->id, id, sizeof *id) == 0;
    if (found)
        *out = p->token;
    pthread_mutex_unlock(&r->lock);
    return found;
}

void verified_put(struct verified *v, const struct verified_id *id, int64_t now_us,
                  const struct sg_token *token)
{
    struct row *r = row_of(v, id);
    pthread_mutex_lock(&r->lock);
    r->v[id->hash[1] % PLACES] = (struct place){*id, now_us + HOLD_US, *token};
    pthread_mutex_unlock(&r->lock);
}
