/* feedback.h - what people say of songs and artists, over HTTP. */
#pragma once
#include "core/record.h"

#define SG_FEEDBACK_MAX 100 /* of one answer */

/* POST /feedback */
struct sg_feedback {
    uint64_t user_id;   /* 0: who asks */
    struct sg_str kind; /* like, dislike, not_interested: of a song; hide_artist; undo: of either */
    uint64_t song_id, artist_id; /* 0: absent; exactly one is given */
};

/* GET and DELETE */
struct sg_feedback_request {
    uint64_t user_id;
    struct sg_str kind;          /* GET: only these; absent: all */
    uint64_t song_id, artist_id; /* DELETE: this one; both 0: all */
    int64_t limit, offset;
};
struct sg_feedback_given {
    struct sg_str kind;
    uint64_t song_id, artist_id; /* 0: the other one */
    struct sg_str given_at;      /* RFC 3339 */
};
struct sg_feedback_reply {
    struct sg_list feedback; /* sg_feedback_given, newest first */
    int64_t limit, offset;
};

/* Asked of the recsys server, without a reply's body: what it holds of this user is read again
 * by the next request, so that who has been answered sees what they said. */
struct sg_person_changed {
    uint64_t user_id;
};
#define SG_METHOD_PERSON_CHANGED "person_changed"

extern const struct sg_record sg_feedback_record, sg_feedback_request_record,
    sg_feedback_reply_record, sg_person_changed_record;
