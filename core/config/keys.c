/* keys.c - every key: its place in sg_config, type, bounds, default and help. */
#include "core/config/inside.h"
#include "core/nearest.h"
#include <stddef.h>
#include <stdio.h>

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const off_on[] = {"off", "on", NULL};
static const char *const algorithms[] = {"EdDSA", "RS256", "HS256", NULL};
static const char *const limits[] = {"off", "process", "redis", NULL};
static const char *const forwards[] = {"x-forwarded-for", "forwarded", NULL};
static const char *const queues[] = {"postgres", "rabbitmq", NULL};
static const char *const protections[] = {"none", "cenc", "cbcs", NULL};
static const char *const formats[] = {"logfmt", "json", NULL};

#define KEY(m, type, lo, hi, d, list, help)                                                        \
    {                                                                                              \
#m, help, offsetof(struct sg_config, m), type, lo, hi, d, list                             \
    }
#define K_WHOLE(m, lo, hi, d, help)   KEY(m, CONFIG_WHOLE, lo, hi, d, NULL, help)
#define K_DECIMAL(m, lo, hi, d, help) KEY(m, CONFIG_DECIMAL, lo, hi, d, NULL, help)
#define K_TEXT(m, d, help)            KEY(m, CONFIG_TEXT, 0, 0, d, NULL, help)
#define K_PATH(m, d, help)            KEY(m, CONFIG_PATH, 0, 0, d, NULL, help)
#define K_URL(m, d, help)             KEY(m, CONFIG_URL, 0, 0, d, NULL, help)
#define K_WEB(m, d, help)             KEY(m, CONFIG_WEB, 0, 0, d, NULL, help)
#define K_CHOICE(m, list, d, help)    KEY(m, CONFIG_CHOICE, 0, 0, d, list, help)

const struct config_key config_keys[] = {
    K_PATH(var_dir, "var", "folder of all state"),
    K_CHOICE(log.level, levels, "info", "least severe event that is logged"),
    K_CHOICE(log.format, formats, "logfmt", "how a log line is written"),
    K_TEXT(pg.dsn, "host={var_dir}/pg/socket dbname=segue user={user}",
           "libpq connection string; the default is the private cluster"),
    K_WHOLE(pg.pool_size, 1, 256, "8", "database connections of one service"),
    K_TEXT(pg.replicas, "",
           "libpq connection string of read replicas, hosts separated by commas; empty: none"),
    K_WHOLE(pg.replica_lag_ms, 1, 3600000, "1000",
            "a replica further behind the primary is not read from"),
    K_WHOLE(pg.away_ms, 100, 600000, "1000",
            "a server that has not answered the API for so long is away"),
    K_WHOLE(pg.statement_timeout_ms, 1, 3600000, "10000",
            "time the database gives to one statement of the API"),
    K_WHOLE(
        pg.lock_timeout_ms, 1, 3600000, "1500",
        "time it waits for a lock; above the server's deadlock_timeout, one of two that block each "
        "other goes on"),
    K_PATH(index.dir, "{var_dir}/index", "generations of the index"),
    K_WHOLE(index.keep, 2, 100, "2", "published generations kept"),
    K_PATH(indexer.source, "postgres", "\"postgres\", or the path of a JSONL snapshot"),
    K_WHOLE(indexer.threads, 0, 256, "0", "builder threads; 0: one a core"),
    K_WHOLE(indexer.batch_ms, 1, 60000, "50", "tail: longest wait before a commit"),
    K_WHOLE(indexer.rebuild_after, 0, 1e12, "0",
            "changed documents that trigger a rebuild; 0: a tenth of the base, at least 20000"),
    K_WHOLE(indexer.gate_shrink_percent, 0, 100, "20",
            "gate: a generation smaller by more than this is not published"),
    K_DECIMAL(indexer.gate_mrr_drop, 0, 1, "0.05",
              "gate: the canary queries' mean reciprocal rank may fall by at most this"),
    K_URL(query.listen, "ipc://{var_dir}/run/query.ipc", "where the query server listens"),
    K_WHOLE(query.workers, 0, 256, "0", "threads; 0: two a core"),
    K_WHOLE(query.candidates, 20, 1000000, "300", "candidates per type before ranking"),
    K_WHOLE(query.budget_us, 0, 10000000, "0",
            "time in which more candidates may still be looked for"),
    K_PATH(query.weights, "", "file of ranker weights; empty: built in"),
    K_CHOICE(query.hybrid, off_on, "on",
             "songs near what the words mean join when the words are not enough"),
    K_WEB(
        embeddings.url, "",
        "server of POST /v1/embeddings (OpenAI's form), asked for songs' vectors; empty: own ones"),
    K_TEXT(embeddings.model, "", "name of the model it is asked for"),
    K_WHOLE(embeddings.dimensions, 16, 1536, "384", "of the model's vectors; a multiple of 16"),
    K_WHOLE(embeddings.batch, 1, 512, "64", "texts in one request"),
    K_WHOLE(embeddings.timeout_ms, 1, 600000, "30000", "time given to one request of a rebuild"),
    K_WHOLE(embeddings.query_timeout_ms, 0, 10000, "50",
            "how long a search may wait for its vector"),
    K_TEXT(embeddings.key_env, "", "name of the variable that holds the server's key; empty: none"),
    K_URL(recsys.listen, "ipc://{var_dir}/run/recsys.ipc",
          "where the recommendation server listens"),
    K_WHOLE(recsys.workers, 1, 256, "2", "threads"),
    K_PATH(recsys.dir, "{var_dir}/models", "trained models"),
    K_WHOLE(recsys.keep, 1, 100, "2", "models kept"),
    K_WHOLE(recsys.trend_half_life_h, 1, 8760, "24", "hours after which a play counts half"),
    K_WHOLE(recsys.heard_days, 0, 3650, "30",
            "days in which nobody is recommended again what they heard; 0: at once"),
    K_WHOLE(recsys.people_mb, 1, 1048576, "256", "memory for listeners at hand, MiB"),
    K_CHOICE(recsys.explore, off_on, "off", "one place in recommendations tries new songs"),
    K_WHOLE(recsys.exposure_days, 1, 3650, "90",
            "days after which what experiments showed is forgotten"),
    K_WHOLE(recsys.factors, 8, 512, "64", "dimensions of the trained vectors"),
    K_WHOLE(recsys.decay_days, 1, 36500, "180", "training: days after which a play counts half"),
    K_WHOLE(recsys.gate_shrink_percent, 0, 100, "20",
            "gate: a model of fewer songs by more than this is not published"),
    K_DECIMAL(recsys.gate_recall_drop, 0, 1, "0.1",
              "gate: held-out recall may fall by at most this share of the served model's"),
    K_WHOLE(recsys.new_days, 1, 3650, "60", "days for which a released song is new"),
    K_TEXT(api.host, "127.0.0.1", "address of the HTTP server"),
    K_WHOLE(api.port, 1, 65535, "8080", "port of the HTTP server"),
    K_WHOLE(api.threads, 2, 256, "2", "HTTP event loops"),
    K_WHOLE(api.workers, 1, 1024, "16", "threads that answer requests"),
    K_WHOLE(api.timeout_ms, 1, 600000, "2000", "time given to one request"),
    K_CHOICE(api.require_key, off_on, "off", "requests without an API key are refused"),
    K_CHOICE(api.trust_user_id, off_on, "off",
             "a user_id parameter is believed of anybody: for a backend that knows its users"),
    K_WHOLE(api.keys_stale_s, 1, 2592000, "3600",
            "seconds that API keys hold while the database is away"),
    K_WHOLE(api.cache_mb, 1, 1048576, "64", "memory for songs, people and lists at hand, MiB"),
    K_TEXT(
        api.redis, "",
        "Redis shared by several APIs as second tier of the cache, host:port or a socket's path; "
        "empty: none"),
    K_CHOICE(api.limits, limits, "process",
             "requests are limited: not, by each API, or by all that share api.redis"),
    K_WHOLE(api.limit_search, 1, 1000000000, "100",
            "searches and recommendations a minute of one user, or else address"),
    K_WHOLE(api.limit_complete, 1, 1000000000, "600", "completions likewise"),
    K_WHOLE(api.limit_read, 1, 1000000000, "1200", "other reads likewise"),
    K_WHOLE(api.limit_write, 1, 1000000000, "300", "writes likewise"),
    K_WHOLE(api.limit_auth, 1, 1000000000, "100",
            "logins (5 each), token refreshes and the like a minute of one address"),
    K_WHOLE(api.limit_premium, 1, 1000000, "10", "premium users may ask so many times as much"),
    K_WHOLE(api.limit_key, 1, 1000000, "600", "API keys without a user likewise"),
    K_WHOLE(api.connections, 16, 1000000, "16384", "open connections at most"),
    K_WHOLE(api.connections_per_address, 0, 1000000, "256",
            "of one address; 0: as many as it likes. Trusted proxies have no bound"),
    K_WHOLE(api.streams, 1, 1000000, "4096", "answers that stay open (events) at most"),
    K_WHOLE(api.bodies_mb, 1, 1048576, "256", "memory for the bodies of all requests, MiB"),
    K_WHOLE(api.drain_ms, 1, 600000, "10000", "stopping: longest wait for answers under way"),
    K_WHOLE(api.grace_ms, 0, 600000, "1000",
            "stopping: how long idle connections may still ask and are told to connect anew"),
    K_CHOICE(api.reuse_port, off_on, "off",
             "a second API may listen on the same port, to take over without a gap"),
    K_TEXT(api.trusted_proxies, "loopback",
           "addresses and networks whose word on the client's address is believed"),
    K_CHOICE(api.forwarded, forwards, "x-forwarded-for", "header by which they tell it"),
    K_TEXT(api.cors_origins, "", "origins whose pages may ask, or *; empty: none but our own"),
    K_WHOLE(api.hsts_s, 0, 100000000, "0",
            "Strict-Transport-Security for so long, behind a proxy with TLS only; 0: not sent"),
    K_PATH(api.web_dir, "{source_dir}/api/web", "files of the web page"),
    K_PATH(api.vendor_dir, "{source_dir}/build/vendor", "the page's libraries, from npm"),
    K_TEXT(auth.issuer, "segue", "iss of access tokens"),
    K_TEXT(auth.audience, "segue", "aud of access tokens"),
    K_CHOICE(auth.algorithm, algorithms, "EdDSA", "how access tokens are signed"),
    K_WHOLE(auth.token_s, 60, 86400, "900", "seconds an access token is good"),
    K_WHOLE(auth.session_days, 1, 365, "30", "days after which an unused session ends"),
    K_WHOLE(auth.grace_s, 0, 300, "30",
            "seconds in which a used refresh token still gives the answer that was lost"),
    K_WHOLE(auth.argon_mib, 19, 4096, "19", "Argon2id: memory of one password, MiB"),
    K_WHOLE(auth.argon_passes, 2, 100, "2", "Argon2id: passes over it"),
    K_WHOLE(auth.hashers, 1, 256, "2", "passwords hashed at one time"),
    K_CHOICE(auth.verify_email, off_on, "on",
             "an account begins when its e-mail address has been verified"),
    K_TEXT(auth.mail_command, "",
           "program and arguments, without a shell, that send the mail on their standard input; "
           "empty: mails are files in var_dir/outbox"),
    K_WEB(auth.public_url, "", "address of the page, for links in mails; empty: host and port"),
    K_WHOLE(social.fan_out, 0, 1e6, "1000",
            "followers up to whom an act is written to each one's feed; of more it is read there"),
    K_WHOLE(searchlog.enabled, 0, 1, "1", "0: nothing of a search is kept"),
    K_WHOLE(searchlog.retention_days, 1, 3650, "90",
            "days after which logged searches are deleted"),
    K_WHOLE(searchlog.key_days, 1, 3650, "30",
            "days after which people's hashes get another secret key"),
    K_WHOLE(searchlog.min_people, 2, 10000, "5",
            "people who must have chosen from a query before it is shown to others"),
    K_WHOLE(searchlog.per_second, 1, 1000000, "500", "searches of one API logged a second at most"),
    K_WHOLE(searchlog.roll_up_s, 1, 86400, "120",
            "how often popular queries are brought up to date"),
    K_WHOLE(plays.batch, 1, 4096, "1000", "so many plays go into the database at once, or"),
    K_WHOLE(plays.every_ms, 10, 60000, "1000", "what there is after so many milliseconds"),
    K_WHOLE(plays.journal_mb, 1, 1048576, "1024",
            "plays kept on disk while the database is away, MiB; beyond, they are refused"),
    K_WHOLE(plays.late_days, 1, 14, "14", "days within which a play may be told"),
    K_WHOLE(plays.count_s, 1, 86400, "60", "how often play counts of songs change"),
    K_WHOLE(plays.song_per_hour, 1, 3600, "12",
            "plays of one song in an hour that count for charts, of one user"),
    K_WHOLE(plays.user_per_hour, 1, 3600, "120", "plays in an hour that count, of one user"),
    K_WHOLE(plays.listens_kept, 0, 1000000, "20000",
            "listens submitted by other players that wait for their song, of one user"),
    K_TEXT(objects.url, "{var_dir}/objects",
           "where audio is kept: a folder, or s3://bucket/prefix"),
    K_WEB(objects.s3_endpoint, "", "server of the S3 API; empty: Amazon's of the region"),
    K_TEXT(objects.s3_region, "us-east-1", "region that requests are signed for"),
    K_TEXT(objects.s3_key_env, "AWS_ACCESS_KEY_ID", "name of the variable that holds the key id"),
    K_TEXT(objects.s3_secret_env, "AWS_SECRET_ACCESS_KEY",
           "name of the variable that holds the secret"),
    K_TEXT(objects.s3_encryption, "",
           "encryption asked of the server: AES256, or aws:kms and a key; empty: none"),
    K_CHOICE(objects.s3_path_style, off_on, "on", "the bucket is told in the path, not the host"),
    K_WHOLE(objects.timeout_ms, 100, 600000, "10000", "a request without progress is given up"),
    K_WHOLE(objects.retries, 0, 20, "5", "times a request is tried again"),
    K_PATH(objects.keys, "{var_dir}/keys/master.json", "file of the master keys of content"),
    K_CHOICE(objects.seal, off_on, "on", "audio is encrypted before it is stored"),
    K_WHOLE(upload.max_mb, 1, 1048576, "500", "largest file of an upload, MiB"),
    K_WHOLE(upload.max_s, 1, 86400, "3600", "longest song of an upload"),
    K_WHOLE(upload.checkers, 1, 64, "2", "files that one API looks at at a time"),
    K_WHOLE(upload.unfinished_h, 1, 8760, "24",
            "hours after which an upload that was not completed is forgotten"),
    K_WHOLE(upload.per_user, 1, 10000, "20", "unfinished uploads of one account"),
    K_CHOICE(worker.queue, queues, "postgres", "what carries jobs to the workers"),
    K_TEXT(worker.amqp, "amqp://guest:guest@127.0.0.1:5672/%2f", "address of RabbitMQ"),
    K_WHOLE(worker.jobs, 0, 256, "0", "jobs of one worker at a time; 0: one a core"),
    K_WHOLE(worker.lease_s, 1, 3600, "30", "a job whose worker is silent so long goes to another"),
    K_WHOLE(worker.attempts, 1, 100, "5", "times a job is tried"),
    K_WHOLE(worker.retry_s, 1, 3600, "5", "wait before the second time; doubled each time"),
    K_WHOLE(worker.gc_h, 1, 8760, "24", "hours after which objects that nothing names are deleted"),
    K_WEB(playback.public_url, "",
          "address before /media/ that players fetch from, a CDN's say; empty: the API's own"),
    K_WHOLE(playback.url_s, 1, 604800, "3600", "life of a signed address"),
    K_CHOICE(playback.presigned, off_on, "off", "single files by the store's own signed addresses"),
    K_CHOICE(playback.protect, protections, "cenc", "encryption of premium renditions"),
    K_WHOLE(playback.streams_free, 1, 1000, "1", "streams of a free account at a time"),
    K_WHOLE(playback.streams_premium, 1, 1000, "3", "streams of a premium account at a time"),
    K_WHOLE(playback.heartbeat_s, 1, 600, "20",
            "players tell that they play so often; a session silent for three times ends"),
    K_WHOLE(playback.licence_s, 10, 604800, "3600", "life of a licence to play"),
    K_WHOLE(playback.devices, 1, 1000, "5", "devices of an account that may keep songs offline"),
    K_WHOLE(playback.offline_days, 1, 365, "30", "life of a licence to play offline"),
    K_WHOLE(demo.songs, 1, 100000000, "100000", "songs of the demo catalogue"),
    K_WHOLE(demo.users, 1, 10000000, "2000", "listeners of the demo catalogue"),
    K_WHOLE(demo.seed, 0, 9e15, "1", "the same seed gives the same demo"),
};
const size_t config_n_keys = sizeof config_keys / sizeof *config_keys;
_Static_assert(sizeof config_keys / sizeof *config_keys <= CONFIG_KEYS_MAX, "CONFIG_KEYS_MAX");

const struct config_key *config_find(struct sg_str name)
{
    for (size_t i = 0; i < config_n_keys; i++)
        if (sg_str_eq(name, sg_str(config_keys[i].name)))
            return &config_keys[i];
    return NULL;
}

const struct config_key *config_nearest(struct sg_str name)
{
    char typed[64];
    if (name.n >= sizeof typed)
        return NULL;
    snprintf(typed, sizeof typed, "%.*s", SG_FMT(name));
    const struct config_key *best = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < config_n_keys; i++) {
        size_t d = sg_edit_distance(typed, config_keys[i].name);
        if (d < least && sg_is_near(d, name.n)) {
            least = d;
            best = &config_keys[i];
        }
    }
    return best;
}
