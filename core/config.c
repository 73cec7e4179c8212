/* config.c - see config.h.
 *
 * One table describes every key; parsing, environment, defaults and the
 * template all walk it. Text may say {var_dir}, {user} and {source_dir}; they
 * are replaced once everything has been read, so that moving var_dir moves
 * what lies below it.
 */
#include "core/config.h"
#include "core/buf.h"
#include "core/nearest.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

enum value_type { WHOLE, DECIMAL, TEXT, PATH, URL, WEB, CHOICE };

struct key {
    const char *name, *help;
    size_t offset;
    enum value_type type;
    double min, max;
    const char *dflt;
    const char *const *choices; /* ends with NULL */
};

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const off_on[] = {"off", "on", NULL};
static const char *const algorithms[] = {"EdDSA", "RS256", "HS256", NULL};
static const char *const limits[] = {"off", "process", "redis", NULL};
static const char *const forwards[] = {"x-forwarded-for", "forwarded", NULL};
static const char *const queues[] = {"postgres", "rabbitmq", NULL};
static const char *const protections[] = {"none", "cenc", "cbcs", NULL};
static const char *const formats[] = {"logfmt", "json", NULL};

#define AT(member) offsetof(struct sg_config, member)
#define K_WHOLE(m, lo, hi, d, help)                                                                \
    {                                                                                              \
#m, help, AT(m), WHOLE, lo, hi, d, NULL                                                    \
    }
#define K_DECIMAL(m, lo, hi, d, help)                                                              \
    {                                                                                              \
#m, help, AT(m), DECIMAL, lo, hi, d, NULL                                                  \
    }
#define K_TEXT(m, d, help)                                                                         \
    {                                                                                              \
#m, help, AT(m), TEXT, 0, 0, d, NULL                                                       \
    }
#define K_PATH(m, d, help)                                                                         \
    {                                                                                              \
#m, help, AT(m), PATH, 0, 0, d, NULL                                                       \
    }
#define K_URL(m, d, help)                                                                          \
    {                                                                                              \
#m, help, AT(m), URL, 0, 0, d, NULL                                                        \
    }
#define K_WEB(m, d, help)                                                                          \
    {                                                                                              \
#m, help, AT(m), WEB, 0, 0, d, NULL                                                        \
    }
#define K_CHOICE(m, list, d, help)                                                                 \
    {                                                                                              \
#m, help, AT(m), CHOICE, 0, 0, d, list                                                     \
    }

static const struct key keys[] = {
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
static const size_t n_keys = sizeof keys / sizeof *keys;

static void expected(const struct key *k, char *out, size_t n)
{
    if (k->type == WHOLE)
        snprintf(out, n, "a whole number from %.0f to %.0f", k->min, k->max);
    else if (k->type == DECIMAL)
        snprintf(out, n, "a number from %g to %g", k->min, k->max);
    else if (k->type == URL)
        snprintf(out, n, "an ipc:// or tcp:// address");
    else if (k->type == WEB)
        snprintf(out, n, "an http:// or https:// address, or nothing");
    else if (k->type != CHOICE)
        snprintf(out, n, "at most %d bytes of UTF-8 without control characters",
                 SG_CONFIG_TEXT - 1);
    else
        for (size_t i = 0, used = 0; k->choices[i] && used < n; i++)
            used +=
                (size_t)snprintf(out + used, n - used, "%s%s", i ? ", " : "one of ", k->choices[i]);
}

static int refuse(const struct key *k, const char *where, struct sg_str value, struct sg_error *e)
{
    char want[160] = "";
    expected(k, want, sizeof want);
    int shown = value.n > 80 ? 80 : (int)value.n;
    int rc = sg_fail(e, SG_EINVAL, "%s%s: expected %s, got '%.*s'", where, k->name, want, shown,
                     value.p ? value.p : "");
    if (e)
        snprintf(e->field, sizeof e->field, "%s", k->name);
    return rc;
}

static bool is_text(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return s.n < SG_CONFIG_TEXT && sg_str_is_utf8(s);
}

static bool is_url(struct sg_str s, const char *const schemes[2])
{
    for (size_t i = 0; i < 2; i++)
        if (sg_str_starts(s, sg_str(schemes[i])) && s.n > strlen(schemes[i]))
            return is_text(s);
    return false;
}

static bool is_listen_url(struct sg_str s)
{
    return is_url(s, (const char *const[2]){"ipc://", "tcp://"});
}

static bool is_web_url(struct sg_str s)
{
    return s.n == 0 || is_url(s, (const char *const[2]){"http://", "https://"});
}

static bool choose(const struct key *k, struct sg_str s, int64_t *out)
{
    for (int64_t i = 0; k->choices[i]; i++)
        if (sg_str_eq(s, sg_str(k->choices[i]))) {
            *out = i;
            return true;
        }
    return false;
}

static bool read_whole(const struct key *k, struct sg_str s, int64_t *out)
{
    int64_t v;
    if (!sg_str_to_i64(s, &v) || (double)v < k->min || (double)v > k->max)
        return false;
    *out = v;
    return true;
}

static bool read_decimal(const struct key *k, struct sg_str s, double *out)
{
    double v;
    if (!sg_str_to_f64(s, &v) || !(v >= k->min && v <= k->max))
        return false;
    *out = v;
    return true;
}

static bool copy_text(struct sg_str s, char *out)
{
    if (!is_text(s))
        return false;
    if (s.n)
        memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return true;
}

static bool assign(struct sg_config *c, const struct key *k, struct sg_str s)
{
    void *at = (char *)c + k->offset;
    switch (k->type) {
    case WHOLE:
        return read_whole(k, s, at);
    case DECIMAL:
        return read_decimal(k, s, at);
    case CHOICE:
        return choose(k, s, at);
    case URL:
        return is_listen_url(s) && copy_text(s, at);
    case WEB:
        return is_web_url(s) && copy_text(s, at);
    default:
        return copy_text(s, at);
    }
}

static const struct key *find_key(struct sg_str name)
{
    for (size_t i = 0; i < n_keys; i++)
        if (sg_str_eq(name, sg_str(keys[i].name)))
            return &keys[i];
    return NULL;
}

static const struct key *nearest_key(struct sg_str name)
{
    char typed[64];
    if (name.n >= sizeof typed)
        return NULL;
    snprintf(typed, sizeof typed, "%.*s", SG_FMT(name));
    const struct key *best = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < n_keys; i++) {
        size_t d = sg_edit_distance(typed, keys[i].name);
        if (d < least && sg_is_near(d, name.n)) {
            least = d;
            best = &keys[i];
        }
    }
    return best;
}

/* The file. */

struct line {
    const char *file;
    int number;
    struct sg_str key, value;
    char unquoted[SG_CONFIG_TEXT];
};

static int bad_line(const struct line *l, struct sg_error *e, const char *what)
{
    return sg_fail(e, SG_EINVAL, "%s:%d: %s", l->file, l->number, what);
}

static struct sg_str trim(struct sg_str s)
{
    while (s.n && isspace((unsigned char)s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && isspace((unsigned char)s.p[s.n - 1]))
        s.n--;
    return s;
}

/* Up to a '#' at the start or after white space. */
static struct sg_str without_comment(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '#' && (i == 0 || isspace((unsigned char)s.p[i - 1])))
            return trim((struct sg_str){s.p, i});
    return s;
}

/* "..." with \" and \\ inside; nothing but a comment may follow. */
static int unquote(struct line *l, struct sg_error *e)
{
    struct sg_str s = l->value;
    size_t n = 0, i = 1;
    for (; i < s.n && s.p[i] != '"'; i++) {
        if (s.p[i] == '\\' && i + 1 < s.n && (s.p[i + 1] == '"' || s.p[i + 1] == '\\'))
            i++;
        if (n + 1 >= sizeof l->unquoted)
            return bad_line(l, e, "value is too long");
        l->unquoted[n++] = s.p[i];
    }
    if (i >= s.n)
        return bad_line(l, e, "the closing quote is missing");
    if (without_comment(trim((struct sg_str){s.p + i + 1, s.n - i - 1})).n)
        return bad_line(l, e, "text after the closing quote");
    l->value = (struct sg_str){l->unquoted, n};
    return 0;
}

/* 1: key and value were read, 0: nothing on this line, or an error. */
static int read_line(struct line *l, struct sg_str text, struct sg_error *e)
{
    text = trim(text);
    if (!text.n || text.p[0] == '#')
        return 0;
    const char *equals = memchr(text.p, '=', text.n);
    if (!equals)
        return bad_line(l, e, "expected 'section.key = value'");
    l->key = trim((struct sg_str){text.p, (size_t)(equals - text.p)});
    l->value = trim((struct sg_str){equals + 1, (size_t)(text.p + text.n - equals - 1)});
    if (l->value.n && l->value.p[0] == '"') {
        int rc = unquote(l, e);
        return rc ? rc : 1;
    }
    l->value = without_comment(l->value);
    return 1;
}

static int unknown_key(const struct line *l, struct sg_error *e)
{
    const struct key *near = nearest_key(l->key);
    int shown = l->key.n > 80 ? 80 : (int)l->key.n;
    return sg_fail(e, SG_EINVAL, "%s:%d: no key '%.*s'%s%s%s", l->file, l->number, shown, l->key.p,
                   near ? "; did you mean '" : "", near ? near->name : "", near ? "'?" : "");
}

static int apply_line(struct sg_config *c, const struct line *l, int *seen, struct sg_error *e)
{
    const struct key *k = find_key(l->key);
    if (!k)
        return unknown_key(l, e);
    int *first = &seen[k - keys];
    if (*first)
        return sg_fail(e, SG_EINVAL, "%s:%d: %s was already set on line %d", l->file, l->number,
                       k->name, *first);
    *first = l->number;
    char where[300];
    snprintf(where, sizeof where, "%s:%d: ", l->file, l->number);
    return assign(c, k, l->value) ? 0 : refuse(k, where, l->value, e);
}

int sg_config_parse(struct sg_config *c, const char *name, struct sg_str text, struct sg_error *e)
{
    int seen[sizeof keys / sizeof *keys] = {0};
    struct line l = {.file = name};
    while (text.n) {
        const char *newline = memchr(text.p, '\n', text.n);
        size_t n = newline ? (size_t)(newline - text.p) : text.n;
        l.number++;
        int rc = read_line(&l, (struct sg_str){text.p, n}, e);
        if (rc > 0)
            rc = apply_line(c, &l, seen, e);
        if (rc)
            return rc;
        n += newline != NULL;
        text.p += n;
        text.n -= n;
    }
    return 0;
}

static int read_file(struct sg_config *c, const char *path, struct sg_error *e)
{
    enum { LARGEST = 1 << 20 };
    FILE *f = fopen(path, "re");
    if (!f)
        return sg_fail_errno(e, "%s", path);
    struct sg_buf text = {0};
    char chunk[4096];
    size_t n;
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0 && text.n <= LARGEST)
        sg_buf_put(&text, chunk, n);
    int rc = 0;
    if (ferror(f))
        rc = sg_fail_errno(e, "%s", path);
    else if (text.n > LARGEST)
        rc = sg_fail(e, SG_ELIMIT, "%s: larger than %d bytes", path, LARGEST);
    else if (sg_buf_failed(&text))
        rc = sg_fail(e, SG_ENOMEM, "%s: out of memory", path);
    else
        rc = sg_config_parse(c, path, sg_buf_str(&text), e);
    fclose(f);
    sg_buf_free(&text);
    return rc;
}

/* The environment. */

extern char **environ;

static void variable_name(const struct key *k, char out[80])
{
    snprintf(out, 80, "SEGUE_%s", k->name);
    for (char *p = out; *p; p++)
        *p = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
}

static const struct key *key_of_variable(struct sg_str name)
{
    char of_key[80];
    for (size_t i = 0; i < n_keys; i++) {
        variable_name(&keys[i], of_key);
        if (sg_str_eq(name, sg_str(of_key)))
            return &keys[i];
    }
    return NULL;
}

/* Variables that belong to other programs of the project. */
static bool is_foreign(struct sg_str name)
{
    return sg_str_eq(name, SG_STR("SEGUE_CONFIG")) || sg_str_eq(name, SG_STR("SEGUE_DATASETS")) ||
           sg_str_eq(name, SG_STR("SEGUE_BIN")) || sg_str_starts(name, SG_STR("SEGUE_PG_")) ||
           sg_str_starts(name, SG_STR("SEGUE_TEST_"));
}

/* A misspelt key: refused when it starts with a section's name or is close to
 * a known variable, since a silent typo is worse than a stop. */
static int unknown_variable(struct sg_str name, struct sg_error *e)
{
    char typed[64], known[80], near[80] = "";
    bool in_section = false;
    size_t least = SIZE_MAX;
    snprintf(typed, sizeof typed, "%.*s", SG_FMT(name));
    for (size_t i = 0; i < n_keys; i++) {
        variable_name(&keys[i], known);
        const char *dot = strchr(keys[i].name, '.');
        size_t section = dot ? (size_t)(dot - keys[i].name) + sizeof "SEGUE_" : 0;
        in_section |= section && sg_str_starts(name, (struct sg_str){known, section});
        size_t d = sg_edit_distance(typed, known);
        if (d < least && sg_is_near(d, name.n - strlen("SEGUE_"))) {
            least = d;
            memcpy(near, known, sizeof near);
        }
    }
    if (!in_section && least > 2)
        return 0;
    return sg_fail(e, SG_EINVAL, "environment: no key for %s%s%s%s", typed,
                   *near ? "; did you mean " : "", near, *near ? "?" : "");
}

static int read_variable(struct sg_config *c, const char *entry, struct sg_error *e)
{
    const char *equals = strchr(entry, '=');
    if (!equals || strncmp(entry, "SEGUE_", 6) != 0)
        return 0;
    struct sg_str name = {entry, (size_t)(equals - entry)}, value = sg_str(equals + 1);
    const struct key *k = key_of_variable(name);
    if (!k)
        return is_foreign(name) ? 0 : unknown_variable(name, e);
    char where[100];
    snprintf(where, sizeof where, "%.*s: ", SG_FMT(name));
    return assign(c, k, value) ? 0 : refuse(k, where, value, e);
}

static int read_environment(struct sg_config *c, struct sg_error *e)
{
    for (char **entry = environ; *entry; entry++) {
        int rc = read_variable(c, *entry, e);
        if (rc)
            return rc;
    }
    return 0;
}

/* Placeholders and relative paths, once everything is read. */

static void user_name(char *out, size_t n)
{
    struct passwd entry, *found = NULL;
    char bytes[4096];
    if (getpwuid_r(geteuid(), &entry, bytes, sizeof bytes, &found) == 0 && found)
        snprintf(out, n, "%s", found->pw_name);
    else
        snprintf(out, n, "%u", (unsigned)geteuid());
}

static void substitute(struct sg_buf *out, const char *text, const char *var_dir)
{
    char user[256];
    user_name(user, sizeof user);
    const char *const pairs[][2] = {
        {"{var_dir}", var_dir}, {"{user}", user}, {"{source_dir}", SEGUE_SOURCE_DIR}};
    while (*text) {
        size_t i = 0;
        while (i < 3 && strncmp(text, pairs[i][0], strlen(pairs[i][0])) != 0)
            i++;
        if (i < 3) {
            sg_buf_puts(out, pairs[i][1]);
            text += strlen(pairs[i][0]);
        } else {
            sg_buf_putc(out, *text++);
        }
    }
}

static bool is_relative(const struct key *k, const char *value)
{
    if (k->type == URL)
        return !strncmp(value, "ipc://", 6) && value[6] != '/';
    return k->type == PATH && *value && *value != '/' &&
           !(k->offset == AT(indexer.source) && !strcmp(value, "postgres"));
}

static int resolve_key(struct sg_config *c, const struct key *k, const char *base,
                       struct sg_error *e)
{
    char *value = (char *)c + k->offset;
    struct sg_buf text = {0}, full = {0};
    substitute(&text, value, c->var_dir);
    sg_buf_putc(&text, '\0');
    int rc = sg_buf_failed(&text) ? sg_fail(e, SG_ENOMEM, "configuration") : 0;
    if (!rc) {
        bool relative = is_relative(k, text.p);
        size_t scheme = k->type == URL && relative ? strlen("ipc://") : 0;
        sg_buf_put(&full, text.p, scheme);
        if (relative) {
            sg_buf_puts(&full, base);
            sg_buf_putc(&full, '/');
        }
        sg_buf_puts(&full, text.p + scheme);
        if (sg_buf_failed(&full))
            rc = sg_fail(e, SG_ENOMEM, "configuration");
        else if (!copy_text(sg_buf_str(&full), value))
            rc = sg_fail(e, SG_ELIMIT, "%s: longer than %d bytes with its folder", k->name,
                         SG_CONFIG_TEXT - 1);
    }
    sg_buf_free(&text);
    sg_buf_free(&full);
    return rc;
}

/* var_dir is the first key, so the others see it resolved. */
static int resolve(struct sg_config *c, const char *base, struct sg_error *e)
{
    for (size_t i = 0; i < n_keys; i++) {
        bool text = keys[i].type == TEXT || keys[i].type == PATH || keys[i].type == URL;
        int rc = text ? resolve_key(c, &keys[i], base, e) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

static int base_folder(const char *path, char base[PATH_MAX], struct sg_error *e)
{
    char full[PATH_MAX];
    if (!path)
        return getcwd(base, PATH_MAX) ? 0 : sg_fail_errno(e, "current folder");
    if (!realpath(path, full))
        return sg_fail_errno(e, "%s", path);
    *strrchr(full, '/') = '\0';
    memcpy(base, full, strlen(full) + 1);
    return 0;
}

static void set_defaults(struct sg_config *c)
{
    *c = (struct sg_config){0};
    for (size_t i = 0; i < n_keys; i++)
        assign(c, &keys[i], sg_str(keys[i].dflt));
}

void sg_config_defaults(struct sg_config *c)
{
    char base[PATH_MAX];
    set_defaults(c);
    if (base_folder(NULL, base, NULL) == 0)
        resolve(c, base, NULL);
}

int sg_config_load(struct sg_config *c, const char *path, struct sg_error *e)
{
    char base[PATH_MAX];
    set_defaults(c);
    int rc = base_folder(path, base, e);
    if (!rc && path)
        rc = read_file(c, path, e);
    if (!rc)
        rc = read_environment(c, e);
    return rc ? rc : resolve(c, base, e);
}

void sg_config_print_template(FILE *to)
{
    fprintf(to, "# segue.conf - the configuration of every Segue program.\n"
                "#\n"
                "# Each key is shown with its default; remove the '#' to change it. A variable\n"
                "# SEGUE_SECTION_KEY (api.port: SEGUE_API_PORT) overrides the file. Relative\n"
                "# paths start at this file's folder. {var_dir}, {user} and {source_dir} are\n"
                "# replaced in text. Quote a value that holds ' #' or outer spaces.\n");
    size_t section = SIZE_MAX;
    for (size_t i = 0; i < n_keys; i++) {
        const struct key *k = &keys[i];
        size_t n = strcspn(k->name, ".");
        if (i == 0 || n != section || strncmp(k->name, keys[i - 1].name, n + 1) != 0)
            fputc('\n', to);
        section = n;
        fprintf(to, "# %s", k->help);
        char want[160] = "";
        expected(k, want, sizeof want);
        if (k->type == WHOLE || k->type == DECIMAL || k->type == CHOICE)
            fprintf(to, " (%s)", want);
        fprintf(to, "\n#%s =%s%s\n", k->name, *k->dflt ? " " : "", k->dflt);
    }
}

static void print_value(const struct sg_config *c, const struct key *k, FILE *to)
{
    const char *at = (const char *)c + k->offset;
    if (k->type == WHOLE)
        fprintf(to, "%" PRId64, *(const int64_t *)(const void *)at);
    else if (k->type == DECIMAL)
        fprintf(to, "%g", *(const double *)(const void *)at);
    else if (k->type == CHOICE)
        fputs(k->choices[*(const int64_t *)(const void *)at], to);
    else
        fputs(at, to);
    fputc('\n', to);
}

int sg_config_print(const struct sg_config *c, const char *key, FILE *to, struct sg_error *e)
{
    bool found = false;
    for (size_t i = 0; i < n_keys; i++) {
        if (key && strcmp(key, keys[i].name) != 0)
            continue;
        if (!key)
            fprintf(to, "%s = ", keys[i].name);
        print_value(c, &keys[i], to);
        found = true;
    }
    return found ? 0 : sg_fail(e, SG_ENOENT, "there is no key '%s'", key);
}
