/* config.h - the one configuration of every Segue program.
 *
 * Read from segue.conf ("section.key = value", '#' comments), then overridden
 * by SEGUE_SECTION_KEY variables. Every key is described once, in the table in
 * config/keys.c: name, type, bounds, default, one line of help. A wrong key or value
 * is refused as "segue.conf:12: query.workers: expected a whole number from 1
 * to 256, got 'many'". Relative paths are relative to the config file's folder.
 */
#pragma once
#include "core/err.h"
#include "core/log.h"
#include "core/str.h"
#include <stdio.h>

#define SG_CONFIG_TEXT 512 /* longest text value, bytes with its zero */

struct sg_config {
    char var_dir[SG_CONFIG_TEXT]; /* state: absolute after load */
    struct {
        int64_t level;  /* enum sg_log_level */
        int64_t format; /* enum sg_log_format */
    } log;
    struct {
        char dsn[SG_CONFIG_TEXT]; /* libpq; default: the private cluster's socket */
        int64_t pool_size;
        char replicas[SG_CONFIG_TEXT]; /* libpq, several hosts; empty: none */
        int64_t replica_lag_ms;        /* one further behind is not read from */
        int64_t away_ms;               /* one that has not answered for so long is away */
        int64_t statement_timeout_ms, lock_timeout_ms;
    } pg;
    struct {
        char dir[SG_CONFIG_TEXT]; /* generations; default var_dir/index */
        int64_t keep;             /* published generations kept, >= 2 */
    } index;
    struct {
        char source[SG_CONFIG_TEXT]; /* "postgres" or path of a JSONL snapshot */
        int64_t threads;             /* builders; 0: one a core */
        int64_t batch_ms;            /* tail: longest wait before a commit */
        int64_t rebuild_after; /* delta documents that trigger a rebuild; 0: a tenth of the base, >=
                                  20000 */
        int64_t gate_shrink_percent; /* gate: refuse a generation this much smaller */
        double gate_mrr_drop;        /* gate: canary MRR may fall by at most this */
    } indexer;
    struct {
        char listen[SG_CONFIG_TEXT];  /* nng URL; default ipc://var/run/query.ipc */
        int64_t workers;              /* threads; 0: 2 a core */
        int64_t candidates;           /* stage 1 size per type */
        int64_t budget_us;            /* stage 1 may go on this long for more candidates */
        char weights[SG_CONFIG_TEXT]; /* ranker weights file; empty: built in */
        int64_t hybrid;               /* 1: songs near what the words mean may join */
    } query;
    struct {
        char url[SG_CONFIG_TEXT]; /* of POST /v1/embeddings; empty: own vectors */
        char model[SG_CONFIG_TEXT];
        int64_t dimensions;
        int64_t batch; /* texts of one request */
        int64_t timeout_ms;
        int64_t query_timeout_ms;     /* how long a search waits for its vector */
        char key_env[SG_CONFIG_TEXT]; /* the variable that holds the key; empty: none */
    } embeddings;
    struct {
        char listen[SG_CONFIG_TEXT]; /* default ipc://var/run/recsys.ipc */
        int64_t workers;
        char dir[SG_CONFIG_TEXT]; /* models; default var_dir/models */
        int64_t keep;
        int64_t trend_half_life_h;
        int64_t factors;
        int64_t heard_days;          /* what was heard in them is not recommended */
        int64_t people_mb;           /* memory for listeners at hand */
        int64_t decay_days;          /* training: a play counts half after so many */
        int64_t gate_shrink_percent; /* gate: refuse a model of so many fewer songs */
        int64_t explore;             /* 1: a place for new songs */
        int64_t exposure_days;
        double gate_recall_drop; /* gate: held-out recall may fall by this share */
        int64_t new_days;        /* a song is new for so long */
    } recsys;
    struct {
        char host[SG_CONFIG_TEXT];
        int64_t port;
        int64_t threads;              /* HTTP event loops, >= 2 */
        int64_t workers;              /* handler threads */
        int64_t timeout_ms;           /* deadline given to each request */
        int64_t require_key;          /* 1: requests without a key are refused */
        int64_t trust_user_id;        /* 1: a user_id parameter is believed of anybody */
        int64_t keys_stale_s;         /* keys as read last hold so long without the database */
        int64_t cache_mb;             /* memory for what is kept of the database */
        char redis[SG_CONFIG_TEXT];   /* second tier of the cache; empty: none */
        char web_dir[SG_CONFIG_TEXT]; /* the page's files; default <source>/api/web */
        char vendor_dir[SG_CONFIG_TEXT];
        int64_t limits; /* 0: off, 1: this process's own, 2: in Redis */
        int64_t limit_search, limit_complete, limit_read, limit_write, limit_auth; /* a minute */
        int64_t limit_premium, limit_key;                                          /* times those */
        int64_t connections, connections_per_address, streams, bodies_mb;
        int64_t drain_ms, grace_ms;           /* stopping */
        int64_t reuse_port;                   /* another API may take the port over */
        char trusted_proxies[SG_CONFIG_TEXT]; /* believed about the client's address */
        int64_t forwarded;                    /* 0: X-Forwarded-For, 1: Forwarded */
        char cors_origins[SG_CONFIG_TEXT];
        int64_t hsts_s;
    } api;
    struct {
        char issuer[SG_CONFIG_TEXT], audience[SG_CONFIG_TEXT]; /* of access tokens */
        int64_t algorithm;                                     /* enum sg_jws_alg */
        int64_t token_s;                                       /* life of an access token */
        int64_t session_days;                                  /* a session that is not used ends */
        int64_t grace_s; /* a refresh token's answer can be had again */
        int64_t argon_mib, argon_passes;
        int64_t hashers;                   /* passwords hashed at one time */
        int64_t verify_email;              /* 1: an account begins when its address is verified */
        char mail_command[SG_CONFIG_TEXT]; /* takes a mail on stdin; empty: var_dir/outbox */
        char public_url[SG_CONFIG_TEXT]; /* of the page, for links in mails; empty: host and port */
    } auth;
    struct {
        int64_t fan_out; /* followers up to whom an act is written to each one's feed */
    } social;
    struct {
        int64_t enabled;        /* 0: nothing of a search is kept */
        int64_t retention_days; /* what is older is deleted */
        int64_t key_days;       /* how long one person has the same hash */
        int64_t min_people;     /* who make a query public */
        int64_t per_second;     /* searches kept, of one API; the others are not logged */
        int64_t roll_up_s;      /* how often popular queries are brought up to date */
    } searchlog;
    struct {
        int64_t batch;         /* so many plays go into the database at once, or .. */
        int64_t every_ms;      /* .. what there is after so long */
        int64_t journal_mb;    /* plays that the database has not taken yet */
        int64_t late_days;     /* a play may be told so late */
        int64_t count_s;       /* play counts of songs change so often */
        int64_t song_per_hour; /* plays of one user that count: of one song .. */
        int64_t user_per_hour; /* .. and of all */
        int64_t listens_kept;  /* of a user, waiting for their songs */
    } plays;
    struct {
        char url[SG_CONFIG_TEXT];         /* folder, or s3://bucket/prefix */
        char s3_endpoint[SG_CONFIG_TEXT]; /* empty: Amazon's of the region */
        char s3_region[SG_CONFIG_TEXT];
        char s3_key_env[SG_CONFIG_TEXT], s3_secret_env[SG_CONFIG_TEXT]; /* names of variables */
        char s3_encryption[SG_CONFIG_TEXT]; /* x-amz-server-side-encryption; empty: none */
        int64_t s3_path_style;
        int64_t timeout_ms; /* of one request without progress */
        int64_t retries;
        char keys[SG_CONFIG_TEXT]; /* file of master keys */
        int64_t seal;              /* 1: content is encrypted by us before it is stored */
    } objects;
    struct {
        int64_t max_mb, max_s;
        int64_t checkers;     /* files looked at by one API at a time */
        int64_t unfinished_h; /* what is not completed is forgotten after so long */
        int64_t per_user;     /* unfinished uploads of one */
    } upload;
    struct {
        int64_t queue;             /* 0: PostgreSQL, 1: RabbitMQ */
        char amqp[SG_CONFIG_TEXT]; /* amqp://user:password@host/vhost */
        int64_t jobs;              /* at a time; 0: one a core */
        int64_t lease_s, attempts, retry_s;
        int64_t gc_h; /* objects that nothing names are deleted when so old */
    } worker;
    struct {
        char public_url[SG_CONFIG_TEXT];       /* of media, before /media/; empty: the API's own */
        int64_t url_s;                         /* life of a signed URL */
        int64_t presigned;                     /* 1: single files by the store's own signed URLs */
        int64_t protect;                       /* premium renditions: 0 none, 1 cenc, 2 cbcs */
        int64_t streams_free, streams_premium; /* of an account at a time */
        int64_t heartbeat_s; /* a session that is silent three times so long ends */
        int64_t licence_s;
        int64_t devices, offline_days;
    } playback;
    struct {
        int64_t songs, users, seed; /* demo catalogue of `./segue up` */
    } demo;
};

/* path NULL: no file, defaults and environment only. e names file, line, key. */
int sg_config_load(struct sg_config *c, const char *path, struct sg_error *e);
/* Parses text as the file `name` over *c's present values; the fuzzed entry. */
int sg_config_parse(struct sg_config *c, const char *name, struct sg_str text, struct sg_error *e);
void sg_config_defaults(struct sg_config *c);
/* Writes the present value of key, or of every key as "key = value" lines when
 * key is NULL: SG_ENOENT when there is no such key. */
int sg_config_print(const struct sg_config *c, const char *key, FILE *to, struct sg_error *e);
/* Writes a commented file with every key, its help and default. */
void sg_config_print_template(FILE *to);
