/* search.h - what the query server is asked and answers. */
#pragma once
#include "core/record.h"
#include "schemas/taste.h"

#define SG_QUERY_MAX  512 /* bytes of q */
#define SG_LIMIT_MAX  100
#define SG_OFFSET_MAX 1000

struct sg_search_request {
    struct sg_str q;            /* 1..SG_QUERY_MAX bytes */
    struct sg_list types;       /* sg_str: song, artist, album, playlist; empty: all four */
    int64_t limit;              /* 1..SG_LIMIT_MAX, default 20; a type's own page */
    int64_t offset;             /* 0..SG_OFFSET_MAX */
    uint64_t artist_id;         /* filters: 0 none */
    struct sg_str genre;        /* genre's name, any case; absent: none */
    int64_t year_from, year_to; /* inclusive; 0: open */
    int64_t is_explicit;        /* -1 any (default), 0 clean only, 1 explicit only */
    bool explain;
    bool prefix;           /* last word may be unfinished; default true */
    bool group;            /* versions of one recording are one hit; default true */
    struct sg_str sort;    /* relevance (default), popularity, newest, title */
    struct sg_list facets; /* sg_str: genre, decade, artist */
    struct sg_str cursor;  /* next_cursor of the page before, instead of offset */
    struct sg_str market;  /* two capital letters: only what is available there; absent: anywhere */
    bool clean;            /* the caller may not find explicit songs */
    int64_t kinds;         /* bit set of 1 << kind that the caller may find; 0: all */
    struct sg_taste *taste; /* the searcher's; NULL: unknown */
    struct sg_str in; /* names, lyrics; any (default): names, and lyrics where these find little */
};
#define SG_CURSOR_MAX 128 /* bytes */

struct sg_artist_ref {
    uint64_t artist_id;
    struct sg_str name;
};
struct sg_album_ref {
    uint64_t album_id;
    struct sg_str title;
    struct sg_str cover_art_url;
};

struct sg_highlight {    /* a byte range [from, to) of the named field's value that matched */
    struct sg_str field; /* "title", "artist", "album", "name", "lyric" */
    int64_t from, to;
};
struct sg_feature { /* explain: score = sum of contributions */
    struct sg_str name;
    double value, weight, contribution;
};

struct sg_hit_lyric { /* the line that answers */
    struct sg_str text, language;
    double start_time; /* seconds; -1: not known */
};
struct sg_reason {               /* why it is recommended */
    struct sg_str text;          /* "Because you played Levels" */
    struct sg_str code;          /* schemas/recs.h: "because you played" */
    uint64_t song_id, artist_id; /* 0: none */
    struct sg_str name;          /* the song's or artist's, or a genre's; absent: none */
};

/* One hit; which fields are present depends on type, as in the source document:
 * song: song_id title artist artists album duration play_count genre year explicit
 *       cover_art_url (its own, where its album has none)
 * artist: artist_id name image_url; album: album_id title artist year cover_art_url
 * playlist: playlist_id name description user_id followers */
struct sg_hit {
    struct sg_str type;
    uint64_t song_id, artist_id, album_id, playlist_id, user_id; /* 0: absent */
    struct sg_str title, name, description;
    struct sg_artist_ref *artist; /* the lead artist */
    struct sg_list artists;       /* sg_artist_ref, all credited */
    struct sg_album_ref *album;
    int64_t duration;   /* seconds; 0: unknown */
    int64_t play_count; /* -1: absent */
    int64_t followers;  /* -1: absent */
    struct sg_str genre;
    int64_t year;        /* 0: unknown */
    int64_t is_explicit; /* -1: absent; else 0 or 1; field "explicit" is a JSON number there */
    struct sg_str image_url, cover_art_url;
    double score;
    struct sg_list highlights;  /* sg_highlight */
    struct sg_list features;    /* sg_feature, with explain */
    int64_t versions;           /* other recordings and editions of it that matched; 0: none */
    struct sg_str alias;        /* the other name it answers by; absent: its own */
    struct sg_str rule;         /* with explain: the operator's rule that moved it; absent: none */
    struct sg_str matched;      /* "meaning": near what the words mean; "lyrics": by a line of it;
                                   absent: by its names */
    struct sg_reason *reason;   /* of a recommendation; NULL: none */
    struct sg_hit_lyric *lyric; /* the line, where matched by one; NULL: none */
};
struct sg_type_total {
    struct sg_str type;
    int64_t total;
    bool exact;
};
struct sg_facet_value {
    struct sg_str value; /* "Rock", "1990s", an artist's name */
    int64_t count;
    uint64_t artist_id; /* 0: absent */
};
struct sg_facet {
    struct sg_str facet;
    struct sg_list values; /* sg_facet_value, most frequent first */
    bool exact;            /* false: counted over the best matches only */
};
struct sg_search_reply {
    struct sg_list results; /* sg_hit; of several types: best first over all */
    int64_t total;          /* over the asked types */
    bool total_exact;       /* false: total is an estimate */
    struct sg_list totals;  /* sg_type_total */
    int64_t limit, offset;
    struct sg_str relaxed;    /* how the query was loosened ("typo", "dropped word"), absent: not */
    struct sg_str corrected;  /* the query as it was understood after typos; absent: as typed */
    struct sg_str understood; /* in operators, what the words were taken to say; absent: words */
    struct sg_str did_you_mean; /* a far more popular spelling; the answer is to q as typed */
    struct sg_hit *top;         /* the one hit to show large: the first, when it answers q well */
    struct sg_list facets;      /* sg_facet */
    struct sg_str next_cursor;  /* absent: no more */
    struct sg_str generation;
    int64_t took_us;
    struct sg_str search_id; /* for clicks and plays; absent: not logged. The API's */
    struct sg_str replaced;  /* what was searched instead of q, by an operator's rule */
    struct sg_list rules;    /* with explain: sg_str, the rules that held */
};

struct sg_suggest_request {
    struct sg_str q;
    int64_t limit;          /* 1..20, default 8 */
    struct sg_list recent;  /* sg_str: the user's own searches that start so, newest first */
    struct sg_str market;   /* whose popular queries come before all others', and where what is
                               told must be available; absent: none */
    bool clean;             /* the caller may not find explicit songs */
    int64_t kinds;          /* bit set of 1 << kind that the caller may find; 0: all */
    struct sg_taste *taste; /* as of a search */
};
#define SG_RECENT_MAX 5 /* of a suggest request */
struct sg_suggestion {
    struct sg_str text; /* for display */
    struct sg_str type;
    uint64_t id;
    struct sg_str detail;    /* a song's or album's artist; absent: none */
    int64_t from, to;        /* byte range of text that was typed; 0,0 none */
    struct sg_str image_url; /* an artist's picture, a cover; absent: none */
    bool recent;             /* a query the user searched before */
};
struct sg_suggest_reply {
    struct sg_list suggestions;
    int64_t took_us;
    struct sg_str generation;
    struct sg_str search_id; /* as of a search */
};

/* lookup: one entity by id, as a hit */
struct sg_lookup_request {
    struct sg_str type;
    struct sg_list ids; /* uint64_t, 1..100 */
    struct sg_str market;
    bool clean; /* as of a search */
    int64_t kinds;
};
struct sg_lookup_reply {
    struct sg_list results; /* sg_hit, missing ids left out */
};
/* children: songs of an artist or album, albums of an artist; by popularity or track number */
struct sg_children_request {
    struct sg_str type;
    uint64_t id;
    struct sg_str of; /* "song" or "album" */
    int64_t limit, offset;
    struct sg_str market;
    bool clean; /* as of a search */
    int64_t kinds;
};
struct sg_children_reply {
    struct sg_list results;
    int64_t total;
};
/* genres: every genre; genre_id by name is asked of it */
struct sg_genres_reply {
    struct sg_list genres; /* sg_genre */
};

extern const struct sg_record sg_search_request_record, sg_search_reply_record,
    sg_suggest_request_record, sg_suggest_reply_record, sg_lookup_request_record,
    sg_lookup_reply_record, sg_children_request_record, sg_children_reply_record,
    sg_genres_reply_record, sg_hit_record, sg_reason_record, sg_artist_ref_record,
    sg_album_ref_record;

/* rpc method names of the query server */
#define SG_METHOD_SEARCH   "search"
#define SG_METHOD_SUGGEST  "suggest"
#define SG_METHOD_LOOKUP   "lookup"
#define SG_METHOD_CHILDREN "children"
#define SG_METHOD_GENRES   "genres"
