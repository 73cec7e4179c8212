/* recording.c - see recording.h. */
#include "tests/support/recording.h"
#include "core/digest.h"
#include "worker/queue/enqueue.h"
#include <curl/curl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { RATE = 44100, CHANNELS = 2, NOTES = 4 };

static void put_u16(struct sg_buf *b, unsigned v)
{
    sg_buf_putc(b, (char)(v & 255));
    sg_buf_putc(b, (char)(v >> 8 & 255));
}

static void put_u32(struct sg_buf *b, uint32_t v)
{
    put_u16(b, v & 0xffff);
    put_u16(b, v >> 16);
}

static void set_u32(struct sg_buf *b, size_t at, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        b->p[at + (size_t)i] = (char)(v >> 8 * i & 255);
}

void test_wav(struct sg_buf *out, double seconds, unsigned seed)
{
    uint32_t frames = (uint32_t)(seconds * RATE), bytes = frames * CHANNELS * 2;
    uint32_t random = seed * 2654435761u + 12345;
    double hz[NOTES];
    for (int i = 0; i < NOTES; i++) {
        random = random * 1664525u + 1013904223u;
        hz[i] = 220 * pow(2, (double)(random >> 8) / (1 << 24) * 3);
    }
    sg_buf_puts(out, "RIFF");
    put_u32(out, 36 + bytes);
    sg_buf_puts(out, "WAVEfmt ");
    put_u32(out, 16);
    put_u16(out, 1);
    put_u16(out, CHANNELS);
    put_u32(out, RATE);
    put_u32(out, RATE * CHANNELS * 2);
    put_u16(out, CHANNELS * 2);
    put_u16(out, 16);
    sg_buf_puts(out, "data");
    put_u32(out, bytes);
    for (uint32_t i = 0; i < frames; i++) {
        int note = (int)((uint64_t)i * NOTES / frames);
        double at = (double)i / RATE,
               v = sin(2 * M_PI * hz[note] * at) + 0.3 * sin(4 * M_PI * hz[note] * at);
        for (int c = 0; c < CHANNELS; c++)
            put_u16(out, (unsigned)(int)(v * 9000) & 0xffff);
    }
}

void test_wav_title(struct sg_buf *wav, const char *title)
{
    size_t n = strlen(title) + 1, even = n + n % 2;
    sg_buf_puts(wav, "LIST");
    put_u32(wav, (uint32_t)(12 + even));
    sg_buf_puts(wav, "INFOINAM");
    put_u32(wav, (uint32_t)n);
    sg_buf_put(wav, title, n);
    if (n % 2)
        sg_buf_putc(wav, '\0');
    set_u32(wav, 4, (uint32_t)wav->n - 8);
}

static bool put_object(struct sg_objects *o, const char *key, const unsigned char *seal,
                       struct sg_str bytes)
{
    struct sg_object_put *put;
    struct sg_error e = SG_ERROR_INIT;
    if (sg_objects_put(o, key, "application/octet-stream", seal, 0, &put, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return false;
    }
    if (sg_object_write(put, bytes, &e)) {
        sg_object_abort(put);
        return false;
    }
    return sg_object_commit(put, NULL, &e) == 0;
}

static bool run(PGconn *db, const char *sql, int n, const char *const *params)
{
    PGresult *r = PQexecParams(db, sql, n, NULL, params, NULL, NULL, 0);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;
    PQclear(r);
    return ok;
}

/* "\x..." */
static void hex_text(char *out, const void *p, size_t n)
{
    memcpy(out, "\\x", 3);
    sg_hex(p, n, out + 2);
}

static bool put_row(const struct test_upload *u, struct sg_str file, const char *key,
                    const char *wrapped, PGconn *db)
{
    unsigned char sha[SG_SHA256_BYTES];
    char sha_text[2 * SG_SHA256_BYTES + 3], bytes[24], artist[24], user[24];
    sg_sha256(file, sha);
    hex_text(sha_text, sha, sizeof sha);
    snprintf(bytes, sizeof bytes, "%zu", file.n);
    snprintf(artist, sizeof artist, "%llu", (unsigned long long)u->artist_id);
    snprintf(user, sizeof user, "%llu", (unsigned long long)u->user_id);
    const char *params[] = {u->id, user, artist, u->title, key, bytes, sha_text, wrapped};
    return run(db,
               "INSERT INTO uploads (upload_id, user_id, artist_id, title, object_key, bytes, "
               "sha256, content_key, filename) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
               "'some file.wav')",
               8, params);
}

static bool put_parts(const struct test_upload *u, struct sg_str file, const unsigned char *seal,
                      struct sg_objects *o, PGconn *db)
{
    size_t each = file.n / (size_t)u->parts + 1;
    for (size_t at = 0; at < file.n; at += each) {
        char key[120], from[24], n[24];
        struct sg_str part = {file.p + at, file.n - at < each ? file.n - at : each};
        snprintf(key, sizeof key, "uploads/%s/part-%zu", u->id, at);
        snprintf(from, sizeof from, "%zu", at);
        snprintf(n, sizeof n, "%zu", part.n);
        const char *params[] = {u->id, from, n, key};
        if (!put_object(o, key, seal, part) ||
            !run(db,
                 "INSERT INTO upload_parts (upload_id, at, bytes, object_key) "
                 "VALUES ($1, $2, $3, $4)",
                 4, params))
            return false;
    }
    return true;
}

bool test_upload_put(const struct test_upload *u, struct sg_str file, struct sg_objects *o,
                     struct sg_vault *v, PGconn *db)
{
    unsigned char content[SG_CONTENT_KEY];
    char key[120], wrapped[2 * SG_WRAPPED_BYTES + 3] = "";
    struct sg_buf w = {0};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_str stored = file;
    if (u->sealed && sg_vault_new_key(v, content, &w, &e))
        return false;
    if (u->sealed)
        hex_text(wrapped, w.p, w.n);
    sg_buf_free(&w);
    stored.n -= u->damaged ? 4 : 0;
    snprintf(key, sizeof key, "uploads/%s/original", u->id);
    if (!u->parts && !put_object(o, key, u->sealed ? content : NULL, stored))
        return false;
    char attempts[16];
    snprintf(attempts, sizeof attempts, "%d", u->attempts ? u->attempts : 5);
    const char *enqueue[] = {u->id, "0", attempts};
    bool ok = run(db, "BEGIN", 0, NULL) &&
              put_row(u, file, u->parts ? NULL : key, u->sealed ? wrapped : NULL, db) &&
              (!u->parts || put_parts(u, stored, u->sealed ? content : NULL, o, db)) &&
              run(db, SG_ENQUEUE_ENCODE_SQL, 3, enqueue);
    return run(db, ok ? "COMMIT" : "ROLLBACK", 0, NULL) && ok;
}

static size_t keep(char *p, size_t size, size_t n, void *out)
{
    sg_buf_put(out, p, size * n);
    return size * n;
}

long test_upload_send(int port, const char *token, const char *title, struct sg_str wav,
                      struct sg_buf *said)
{
    char url[80], header[1200];
    long status = 0;
    CURL *c = curl_easy_init();
    curl_mime *form = curl_mime_init(c);
    curl_mimepart *part = curl_mime_addpart(form);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/api/v1/upload/song", port);
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    struct curl_slist *headers = curl_slist_append(NULL, header);
    curl_mime_name(part, "title");
    curl_mime_data(part, title, CURL_ZERO_TERMINATED);
    part = curl_mime_addpart(form);
    curl_mime_name(part, "audio_file");
    curl_mime_filename(part, "a.wav");
    curl_mime_data(part, wav.p, wav.n);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(c, CURLOPT_MIMEPOST, form);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, said);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
    if (curl_easy_perform(c) == CURLE_OK)
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    curl_mime_free(form);
    curl_slist_free_all(headers);
    curl_easy_cleanup(c);
    return status;
}
