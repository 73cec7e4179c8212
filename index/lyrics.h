/* lyrics.h - what songs say: their words for retrieval, their lines for the answer.
 *
 * A song's lyrics are kept packed, a part for each language:
 *
 *   part    language (u8 bytes) | varint bytes | body
 *   body    varint words  | each: u8 bytes, a folded word, once each
 *           varint lines  | each: varint tokens, each a varint index of a word
 *           varint times  | each: varint start_ms + 1 (0: untimed), varint index of a line
 *           lines' texts  | each: varint bytes, text
 *
 * so that a line sung again is stored once, and a query's words are looked for among a song's
 * hundred words instead of its text. A line's tokens are its words in order and then their
 * alternatives (core/text.h: other scripts, joined words). Packed bytes may be hostile: every
 * reader checks bounds.
 *
 *   lyrics.seg  "SGLYRIC1" segment (segment.h): value[0] songs
 *   0 ids    u64[n], ascending
 *   1 ends   u64[n], of each song's packed bytes
 *   2 heap
 */
#pragma once
#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define SG_LYRICS_LINES   2000 /* of a part, repetitions counted; further ones are not searched */
#define SG_LYRICS_WORDS   2000 /* of a part, different ones */
#define SG_LYRICS_TOKENS  8000 /* of a part, its different lines together */
#define SG_LYRICS_PACKED  (1u << 20) /* bytes of a song, all its parts */
#define SG_LYRICS_PARTS   20
#define SG_LYRICS_UNTIMED UINT32_MAX

struct sg_lyrics_line {
    uint32_t start_ms; /* SG_LYRICS_UNTIMED */
    struct sg_str text;
};
/* The body of lines in their order, appended to out (check sg_buf_failed). Empty lines are left
 * out. Build time only. */
void sg_lyrics_pack(const struct sg_lyrics_line *lines, size_t n, struct sg_buf *out);
/* packed with the body of one language replaced, or removed when body is empty, appended to
 * out: parts stay in order of language. SG_EINVAL: too many or too large. */
int sg_lyrics_set(struct sg_str packed, struct sg_str language, struct sg_str body,
                  struct sg_buf *out, struct sg_error *e);
/* Takes the first part off *packed; false at the end (or where it is damaged). */
bool sg_lyrics_next(struct sg_str *packed, struct sg_str *language, struct sg_str *body);

/* A body laid open: arrays are in the caller's struct, views into the body. */
struct sg_lyrics {
    size_t n_words, n_lines, n_times;
    struct sg_str words[SG_LYRICS_WORDS];
    uint32_t first[SG_LYRICS_LINES + 1]; /* tokens of line i: first[i] .. first[i + 1] */
    uint16_t tokens[SG_LYRICS_TOKENS];
    struct {
        uint32_t start_ms;
        uint16_t line;
    } times[SG_LYRICS_LINES];
    struct sg_str texts; /* read by sg_lyrics_text */
};
/* False when damaged. */
bool sg_lyrics_open(struct sg_lyrics *out, struct sg_str body);
struct sg_str sg_lyrics_text(const struct sg_lyrics *l, size_t line);
/* The folded words of a body, until fn returns non-zero, which is returned. */
int sg_lyrics_each_word(struct sg_str body, int (*fn)(void *ctx, struct sg_str word), void *ctx);

struct sg_lyrics_file; /* thread-safe */
int sg_lyrics_file_open(struct sg_lyrics_file **out, const char *path, struct sg_error *e);
/* Over bytes (8-byte aligned) that outlive it; for tests. */
int sg_lyrics_file_open_bytes(struct sg_lyrics_file **out, struct sg_str bytes, struct sg_error *e);
void sg_lyrics_file_close(struct sg_lyrics_file *f);
size_t sg_lyrics_file_count(const struct sg_lyrics_file *f);
uint64_t sg_lyrics_file_id(const struct sg_lyrics_file *f, size_t i); /* i < count */
/* The packed lyrics, a view; absent: none. f may be NULL. */
struct sg_str sg_lyrics_file_get(const struct sg_lyrics_file *f, uint64_t song_id);

/* Songs in ascending order of id; commit frees w, whatever it returns. */
struct sg_lyrics_writer;
int sg_lyrics_writer_open(struct sg_lyrics_writer **out, const char *path, struct sg_error *e);
int sg_lyrics_writer_add(struct sg_lyrics_writer *w, uint64_t song_id, struct sg_str packed,
                         struct sg_error *e);
int sg_lyrics_writer_finish(struct sg_lyrics_writer *w, struct sg_error *e);
void sg_lyrics_writer_abort(struct sg_lyrics_writer *w);
