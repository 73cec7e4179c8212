/* searcher.h - reading what is published.
 *
 * struct sg_index follows CURRENT: it opens the new generation, checks it, and
 * swaps it in; an unreadable or corrupt one is refused, logged as an error,
 * counted (segue_index_refused_total), and the previous one goes on (at start:
 * the newest complete older generation). Checksums up to verify_bytes are
 * verified before serving, the rest in the background, which falls back the
 * same way. Thread-safe.
 *
 * struct sg_searcher is a thread's own handle (thread-bound): it holds one
 * generation and one read snapshot of its delta at a time. Everything handed
 * out stays valid from sg_searcher_begin to sg_searcher_end.
 */
#pragma once
#include "index/facts.h"
#include "index/generation.h"

struct sg_index;
struct sg_index_options {
    const char *dir;
    uint64_t verify_bytes;    /* default when 0: 1 GiB */
    int poll_ms;              /* how often CURRENT is looked at; default when 0: 100 */
    const char *only;         /* a folder below dir to serve whatever CURRENT says, verified in
                                 full, never swapped (the gate, before publish); NULL: follow */
    bool unreleased;          /* what is not out yet is known too (checks of the whole) */
    int64_t (*wall_us)(void); /* tells what day it is; NULL: sg_wall_us */
};
/* Opens without a published generation too (then begin gives SG_ENOENT). */
int sg_index_open(struct sg_index **out, const struct sg_index_options *o, struct sg_error *e);
void sg_index_close(struct sg_index *x);
/* Name being served, "" if none. Why the newest was refused, "" if it was not. */
void sg_index_status(struct sg_index *x, char name[SG_GENERATION_NAME], char refused[256]);

struct sg_searcher;
int sg_searcher_open(struct sg_searcher **out, struct sg_index *x, struct sg_error *e);
void sg_searcher_close(struct sg_searcher *s);
/* SG_ENOENT: nothing published yet. Cheap (microseconds) when nothing changed. */
int sg_searcher_begin(struct sg_searcher *s, struct sg_error *e);
void sg_searcher_end(struct sg_searcher *s);
const char *sg_searcher_generation(const struct sg_searcher *s);
uint64_t sg_searcher_lsn(const struct sg_searcher *s); /* applied, of this snapshot */

/* Document handle within one begin..end: base docid, or SG_DELTA_DOC | delta docid. */
typedef uint32_t sg_docref;
#define SG_DELTA_DOC 0x80000000u

/* A conjunction of groups; a group is a disjunction of terms (see document.h);
 * negate: none of its terms may match. At least one group is not negated (use
 * the term Q for "everything"). */
struct sg_term_group {
    const struct sg_str *terms;
    size_t n;
    bool negate;
};
#define SG_GROUPS_MAX      96
#define SG_GROUP_TERMS_MAX 128

/* Matching documents of one kind in static-rank order, delta's first, then the
 * base's, dead ones left out; stops early by being read only as far as needed.
 * One at a time per searcher. */
int sg_match_begin(struct sg_searcher *s, enum sg_kind kind, const struct sg_term_group *groups,
                   size_t n, struct sg_error *e);
/* The same over the delta alone. */
int sg_match_begin_delta(struct sg_searcher *s, enum sg_kind kind,
                         const struct sg_term_group *groups, size_t n, struct sg_error *e);
/* Up to cap more; 0 at the end; negative error. */
int sg_match_next(struct sg_searcher *s, sg_docref *out, size_t cap, struct sg_error *e);
/* Ends the base's part once it has cost more work (sg_postings_limit). */
void sg_match_limit(struct sg_searcher *s, uint64_t work);
/* What it has cost; *cut: it was ended before its last document. */
uint64_t sg_match_work(struct sg_searcher *s, bool *cut);
/* How many match in all: exact when everything was read, else an estimate that is
 * not below what was read. */
uint64_t sg_match_total(struct sg_searcher *s, bool *exact);
/* Documents holding the term (base + delta, dead ones included). */
uint64_t sg_term_frequency(struct sg_searcher *s, enum sg_kind kind, struct sg_str term);

/* Songs and albums are known from the day of their release on, by UTC: before it facts and
 * records are as of things that are not there. */
bool sg_searcher_facts(struct sg_searcher *s, enum sg_kind kind, sg_docref doc,
                       struct sg_facts *out);
/* Plays (followers) of the base's first document of the kind, whoever may find it; 0: none. */
uint64_t sg_searcher_most_popular(struct sg_searcher *s, enum sg_kind kind);
/* As sg_facts_prefetch, for documents of the base. */
void sg_searcher_prefetch(struct sg_searcher *s, enum sg_kind kind, sg_docref doc, bool text);
/* Live record by id: SG_ENOENT. out: the kind's struct; play_count is the live one. */
int sg_searcher_record(struct sg_searcher *s, enum sg_kind kind, uint64_t id, struct sg_arena *a,
                       void *out, struct sg_error *e);
/* What a song says, packed (index/lyrics.h); absent: nothing that is known. */
struct sg_str sg_searcher_lyrics(struct sg_searcher *s, uint64_t song_id);
/* False: no song says anything. */
bool sg_searcher_has_lyrics(const struct sg_searcher *s);
int sg_searcher_genre(struct sg_searcher *s, uint64_t genre_id, struct sg_arena *a,
                      struct sg_genre *out, struct sg_error *e);
/* All genres by id. */
int sg_searcher_genres(struct sg_searcher *s, struct sg_arena *a, struct sg_list *out,
                       struct sg_error *e);
uint64_t sg_searcher_count(struct sg_searcher *s, enum sg_kind kind); /* live documents */
/* Every live id of a kind, ascending (for verify). */
int sg_searcher_each(struct sg_searcher *s, enum sg_kind kind, int (*fn)(void *ctx, uint64_t id),
                     void *ctx, struct sg_error *e);

/* The generation's completion and spelling segments, and the live overlay:
 * entities of the delta whose folded title, or an alias of it, starts with prefix,
 * heaviest first; a prefix that runs over a SG_SUGGEST_BY is a whole title and the start of a
 * credited name. */
struct sg_suggest;
struct sg_spell;
struct sg_meaning_model;
/* What words mean; NULL when the generation has none. */
const struct sg_meaning_model *sg_searcher_meaning(const struct sg_searcher *s);
/* Documents of the kind in the delta, last written first; looks at 2 * cap at most. */
size_t sg_searcher_newest(struct sg_searcher *s, enum sg_kind kind, sg_docref *out, size_t cap);
const struct sg_suggest *sg_searcher_suggest(const struct sg_searcher *s);
const struct sg_spell *sg_searcher_spell(const struct sg_searcher *s);
struct sg_overlay_entry {
    enum sg_kind kind;
    uint64_t id, popularity;
    uint32_t letters; /* of the folded title or alias */
};
size_t sg_searcher_overlay(struct sg_searcher *s, struct sg_str folded_prefix,
                           struct sg_overlay_entry *out, size_t cap);
/* True when the base's entity was replaced or removed since: its suggestion is stale. */
bool sg_searcher_is_dead(struct sg_searcher *s, enum sg_kind kind, uint64_t id);
