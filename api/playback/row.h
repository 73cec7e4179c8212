/* row.h - playback sessions as the database has them; private to api/playback. */
#pragma once
#include "api/playback/parts.h"

/* Of a SELECT from playback_sessions, in the order of playback_row. */
#define PLAYBACK_COLUMNS                                                                           \
    "playback_id, user_id, login_id, song_id, state, position_ms, device_id, device, "             \
    "(extract(epoch FROM started_at) * 1000000)::bigint, "                                         \
    "(extract(epoch FROM heard_at) * 1000000)::bigint, array_to_string(queue, ','), "              \
    "ended_at IS NOT NULL, (extract(epoch FROM told_at) * 1000000)::bigint "

struct playback_entry playback_row(const PGresult *r, int row);
/* Its queue, as the database writes it: "3,4"; in the arena. */
struct sg_str playback_row_queue(const PGresult *r, int row, struct sg_arena *a);
/* 0 and the caller's, SG_ENOENT. */
int playback_row_read(struct sg_api *api, struct sg_http_request *q, uint64_t id,
                      struct playback_entry *out, bool *ended, struct sg_error *e);
/* Runs what gives rows of the caller's session; SG_ENOENT: none. */
int playback_change(struct sg_api *api, struct sg_http_request *q, const struct sg_pg_statement *s,
                    const char *const *params, struct sg_error *e);
/* In the arena, for parameters. */
const char *playback_number(struct sg_http_request *q, uint64_t v);
