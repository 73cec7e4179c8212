/* parts.h - the inside of plays; private to api/plays. */
#pragma once
#include "api/api.h"
#include "api/plays/plays.h"
#include "core/journal.h"
#include "core/metrics.h"
#include "core/mover.h"
#include "core/pause.h"
#include "schemas/plays.h"
#include <pthread.h>

#define DAY_US 86400000000

struct sg_plays {
    const struct sg_config *config;
    struct sg_pg_guard *guard;
    struct sg_rpc_client *query;
    struct sg_now *now;
    struct sg_journal *journal;
    unsigned char journal_id[16];
    uint64_t opened_at; /* its last sequence when it was opened */
    struct sg_mover *mover;
    struct batch *batch; /* the mover's */
    struct token_cache *tokens;
    pthread_t keeper;
    bool has_keeper;
    struct sg_pause keeper_pause;
    struct sg_metric *told, *kept, *unknown, *held_back, *moved, *refused, *backlog, *matched;
};

/* plays.c: into the journal; done as of sg_journal_add, NULL: waits. */
int plays_add(struct sg_plays *p, const struct sg_play_event *event, sg_journal_done done,
              void *ctx, struct sg_error *e);
/* All that was acknowledged so far is in the database, if that can be had before the request's
 * deadline and in half a second; it may be read then. */
void plays_drain(struct sg_plays *p, const struct sg_http_request *q);

/* Gives the journal another name for the database to know it by. */
int plays_rename_journal(struct sg_plays *p, struct sg_error *e);

/* word.c: what a player tells as an event; texts are views of w. now_us: wall. SG_EINVAL names the
 * field. id: filled with the play's, which *out views. */
int plays_word(const struct sg_play_word *w, uint64_t user_id, uint64_t song_id,
               enum sg_play_outcome outcome, bool begins, int64_t now_us, int64_t late_days,
               unsigned char id[16], struct sg_play_event *out, struct sg_error *e);

/* merge.c: the words of a batch, one a play; whatever their order, the same comes out. */
struct merged {
    const struct sg_play_event **v; /* room for n */
    struct sg_play_event *own;      /* room for n: those that several words made */
    int64_t *placed_us;             /* room for n: when their position was told */
    uint32_t *places;               /* room for merge_places(n) */
    size_t n, mask;
};
size_t merge_places(size_t n);
int merge_alloc(struct merged *m, size_t n, struct sg_arena *a, struct sg_error *e);
void merge_begin(struct merged *m, size_t n);
void merge_add(struct merged *m, const struct sg_play_event *x);

/* move.c */
int plays_mover_start(struct sg_plays *p, struct sg_error *e);
void batch_free(struct batch *b);

/* keep.c: the thread that counts, settles, matches and tidies. */
void *keeper_main(void *plays);
/* match.c: songs for up to a hundred listens. 1: there may be more. */
int listens_match(struct sg_plays *p, PGconn *pg, struct sg_arena *a, struct sg_error *e);

/* listenbrainz.c: the body of a submission; *playing: the first listen is being played now. */
#define LISTENS_MAX 1000
int listens_parse(struct sg_str json, int64_t now_us, struct sg_arena *a, struct sg_list *out,
                  bool *playing, struct sg_error *e);
/* 16 bytes that are the same for the same listen. */
void listen_key(const struct sg_listen *l, unsigned char key[16]);

/* tokens.c: users' long-lived tokens. */
struct token_cache *token_cache_open(void);
void token_cache_close(struct token_cache *c);
struct token_owner {
    uint64_t user_id;
    bool private_session, expired;
};
/* Whose token it is: SG_EAUTH; SG_EUNAVAIL. */
int tokens_user(struct sg_api *api, struct sg_http_request *q, struct sg_str token,
                struct token_owner *out, struct sg_error *e);

/* A column as text in the arena; none: SQL NULL. */
struct sg_str column(struct sg_arena *a, const PGresult *r, int row, int col);
int64_t column_i64(const PGresult *r, int row, int col, int64_t if_null);
