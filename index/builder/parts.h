/* parts.h - what the phases of a build share; private to index/builder.
 *
 * Feeding (feed.c) freezes each record into a spill file of its kind and keeps
 * 24 bytes of it in memory, besides the names of artists and albums (names.c).
 * finish() settles the order (roster.c), then runs tasks on all threads
 * (finish.c): the store and the completion entries in order of id
 * (catalogue.c), documents in static-rank order, in shards (shards.c); when all
 * are done, shards are merged and words written.
 *
 *   <dir>/building/   spill-<kind>, spill-lyrics, contexts, text-<kind>.<shard>/,
 * facts-<kind>.<shard>.*
 */
#pragma once
#include "core/map.h"
#include "index/builder.h"
#include "index/outfile.h"
#include "index/spell.h"
#include "index/suggest.h"
#include <pthread.h>
#include <stdatomic.h>

enum { sg_genres = SG_KINDS, sg_rosters };

/* The records of a kind: settled, v is in ascending order of id, each id once. */
struct sg_entry {
    uint64_t id, popularity;
    uint64_t offset; /* in the spill: u32 bytes, record */
};
struct sg_roster {
    struct sg_entry *v;
    size_t n, cap;
    bool unsorted;
    struct sg_outfile spill;
    char *spill_path;
    struct sg_map map;
    uint32_t *by_rank; /* docid - 1 -> index in v */
    uint32_t *docid;   /* index in v -> docid */
};
int sg_roster_open(struct sg_roster *r, const char *spill_path, struct sg_error *e);
void sg_roster_free(struct sg_roster *r); /* of a zeroed one too */
int sg_roster_add(struct sg_roster *r, uint64_t id, uint64_t popularity, struct sg_str frozen,
                  struct sg_error *e);
/* Ends the feeding: sorts by id and drops all but the last of equal ids, each
 * given to dropped first. */
typedef int (*sg_dropped_fn)(void *ctx, struct sg_str frozen, struct sg_error *e);
int sg_roster_settle(struct sg_roster *r, sg_dropped_fn dropped, void *ctx, struct sg_error *e);
/* Fills by_rank and docid from the popularities. */
int sg_roster_rank(struct sg_roster *r, struct sg_error *e);
int sg_roster_read(const struct sg_roster *r, size_t index, struct sg_str *frozen,
                   struct sg_error *e);

/* Names by id (sg_document_names), made once for all that refer to them, with what is
 * counted for each. An id that is only referred to has an entry too,
 * with no name. */
struct sg_name {
    uint64_t id, popularity;
    uint64_t at; /* in text */
    uint32_t bytes;
    uint32_t songs, albums; /* that refer to it */
};
struct sg_names {
    struct sg_name *v;
    uint32_t n, cap;
    uint32_t *slots; /* index + 1 */
    size_t n_slots;  /* power of two, or 0 */
    struct sg_buf text;
};
void sg_names_free(struct sg_names *t);
/* Makes it when missing; NULL when out of memory. */
struct sg_name *sg_names_add(struct sg_names *t, uint64_t id);
bool sg_names_set(struct sg_names *t, enum sg_kind kind, uint64_t id, const void *record);
const struct sg_name *sg_names_find(const struct sg_names *t, uint64_t id); /* or NULL */
/* With its aliases. */
static inline struct sg_str sg_names_text(const struct sg_names *t, const struct sg_name *n)
{
    return n && n->bytes ? (struct sg_str){t->text.p + n->at, n->bytes} : SG_STR_NONE;
}

/* Document frequencies of words. */
struct sg_word_count {
    uint64_t hash, at;
    uint32_t count, bytes;
};
enum { SG_WORDS_WAITING = 16 };
struct sg_word_waiting {
    uint64_t hash;
    uint8_t bytes; /* 0: none waits here */
    char text[SG_WORD_MAX];
};
struct sg_word_counts {
    struct sg_word_count *v;
    size_t n, n_slots, next;
    struct sg_buf text;
    struct sg_word_waiting waiting[SG_WORDS_WAITING];
};
/* False when out of memory. */
bool sg_word_counts_add(struct sg_word_counts *c, struct sg_str word);
/* Before v is read: counts those that wait. */
bool sg_word_counts_settle(struct sg_word_counts *c);
void sg_word_counts_free(struct sg_word_counts *c);

struct sg_builder {
    char *dir;
    int threads;
    void (*progress)(void *ctx, const char *phase, uint64_t done, uint64_t total);
    void *progress_ctx;
    pthread_mutex_t lock;  /* progress, error, spell */
    struct sg_error error; /* the first one of the tasks */
    atomic_bool failed;
    atomic_ullong documents_done;
    uint64_t documents;
    struct sg_roster rosters[sg_rosters];
    struct sg_roster lyrics; /* packed, by song; in order of id alone */
    struct sg_names artists, albums;
    struct sg_embeddings *embeddings; /* the caller's; may be NULL */
    struct sg_embeddings_cache *embeddings_cache;
    struct sg_outfile contexts; /* spilled; path NULL: none so far */
    struct sg_buf frozen;
    struct sg_arena arena;
    struct sg_spell_writer *spell;
};

/* What a song or an album counts for, by +1 or -1; SG_ENOMEM. */
int sg_builder_credit_song(struct sg_builder *b, const struct sg_song *s, int sign,
                           struct sg_error *e);
int sg_builder_credit_album(struct sg_builder *b, const struct sg_album *a, int sign,
                            struct sg_error *e);
void sg_builder_free(struct sg_builder *b);
/* Thread-safe. */
void sg_builder_progress(struct sg_builder *b, const char *phase, uint64_t done, uint64_t total);
/* <dir>/<name>, or <dir>/building/<name>. */
#define SG_BUILD_PATH 4096
void sg_builder_path(const struct sg_builder *b, char out[SG_BUILD_PATH], const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A record of any kind, thawed, and its document. */
union sg_any_record {
    struct sg_song song;
    struct sg_artist artist;
    struct sg_album album;
    struct sg_playlist playlist;
};
int sg_builder_thaw(const struct sg_builder *b, enum sg_kind kind, size_t index, struct sg_arena *a,
                    union sg_any_record *out, struct sg_error *e);
int sg_builder_document(const struct sg_builder *b, enum sg_kind kind, size_t index,
                        struct sg_arena *a, struct sg_document *out, struct sg_error *e);

/* After all tasks: meaning.seg, from the facts of songs and the contexts. */
int sg_build_meaning(struct sg_builder *b, struct sg_error *e);
/* embed.c: vectors of all songs from the embeddings server, as sg_meaning_place takes them, in a
 * mapped file of the build; unmapped by sg_embedded_close. */
struct sg_embedded {
    int8_t *v;
    size_t bytes;
};
int sg_embedded_open(struct sg_embedded *out, struct sg_builder *b, struct sg_error *e);
void sg_embedded_close(struct sg_embedded *v);
/* The genre's name, until b->arena is used again; absent when unknown. */
struct sg_str sg_builder_genre_name(struct sg_builder *b, uint64_t id);
/* The entry's index; r->n: unknown. */
size_t sg_roster_index(const struct sg_roster *r, uint64_t id);

/* Tasks. Each may run beside the others and stops soon after b->failed. */
int sg_build_store(struct sg_builder *b, struct sg_error *e);
int sg_build_suggest(struct sg_builder *b, struct sg_error *e);
int sg_build_lyrics(struct sg_builder *b, struct sg_error *e);
/* Documents of docid from..to - 1 as shard number `shard` of the kind. */
int sg_build_shard(struct sg_builder *b, enum sg_kind kind, unsigned shard, uint32_t from,
                   uint32_t to, struct sg_error *e);
int sg_build_merge_text(struct sg_builder *b, enum sg_kind kind, unsigned shards,
                        struct sg_error *e);
int sg_build_merge_facts(struct sg_builder *b, enum sg_kind kind, unsigned shards,
                         struct sg_error *e);
