/* parts.h - the inside of the search log; private to api/search_log. */
#pragma once
#include "api/search_log/search_log.h"
#include "core/journal.h"
#include "core/metrics.h"
#include "core/mover.h"
#include "core/pg.h"
#include "core/text.h"
#include "core/uuid.h"
#include <pthread.h>

/* A search's id: a UUID of version 7. */
static inline bool search_id_parse(struct sg_str text, unsigned char id[16])
{
    return sg_uuid_parse(text, id) && sg_uuid_is_v7(id);
}

/* person.c: people as keyed hashes (the start of an HMAC-SHA-256, RFC 2104) under a secret that
 * is replaced, and forgotten, every key_days. */
struct person_key {
    unsigned char key[16];
    int64_t made_us;
    int64_t period; /* random: what two keys count is never put together */
};
/* Reads dir/key, or makes a new one when there is none, it is damaged or too old. */
int person_key_load(struct person_key *k, const char *dir, int64_t key_days, struct sg_error *e);
/* what: 'u' a user's id, 'c' a caller's address. */
uint64_t person_hash(const struct person_key *k, char what, uint64_t id);

/* personal.c: whether words may be somebody's: an address, a link, a number. */
bool looks_personal(struct sg_str q);

/* recent.c: recent searches of users at hand, so that completion need not ask the database.
 * Bounded: users share places. Thread-safe. */
#define RECENT_KEPT 50
struct recent_cache;
struct recent_cache *recent_open(void);
void recent_close(struct recent_cache *c);
void recent_add(struct recent_cache *c, uint64_t user_id, struct sg_str q, int64_t at_us);
/* Up to cap of those that start so ("": all), newest first, in a. False: not at hand. */
bool recent_find(struct recent_cache *c, uint64_t user_id, struct sg_str folded,
                 struct sg_recent_search *out, size_t cap, size_t *n, struct sg_arena *a);
/* From the database, beside what was added meanwhile. */
int recent_load(struct recent_cache *c, uint64_t user_id, PGconn *pg, struct sg_error *e);
/* The same in two steps: $1 the user, then its rows. */
extern const struct sg_pg_statement recent_statement;
void recent_take(struct recent_cache *c, uint64_t user_id, const PGresult *rows);
/* q none: all. */
void recent_forget(struct recent_cache *c, uint64_t user_id, struct sg_str q);

#define WANTED_MAX 256
struct sg_search_log {
    const struct sg_config *config;
    struct sg_pg_guard *guard;
    char dir[SG_CONFIG_TEXT + 32];
    struct sg_journal *journal;
    struct recent_cache *recent;
    struct sg_metric *logged, *dropped, *moved, *backlog;
    pthread_rwlock_t key_lock;
    struct person_key key;
    _Atomic int64_t window; /* second << 32 | searches logged in it */
    struct sg_mover *mover;
    struct search_carrier *carrier; /* the mover's */
    pthread_mutex_t lock;           /* guards the rest */
    uint64_t wanted[WANTED_MAX];    /* users whose searches shall be at hand */
    size_t n_wanted;
};
/* move.c: between journal and database. */
int move_start(struct sg_search_log *l, struct sg_error *e);
void search_carrier_free(struct search_carrier *c);
void move_want(struct sg_search_log *l, uint64_t user_id);
/* Whoever asks has said that nothing of it is to be kept. */
static inline bool search_log_is_off(const struct sg_http_request *q)
{
    return q->asks_for_privacy || q->caller.search_log_off || q->caller.private_session;
}
/* log.c: into the journal; done as of sg_journal_add. */
int search_log_add(struct sg_search_log *l, const struct sg_search_event *event,
                   sg_journal_done done, void *ctx, struct sg_error *e);
void search_log_person(struct sg_search_log *l, char what, uint64_t id, unsigned char out[8],
                       int64_t *period);
