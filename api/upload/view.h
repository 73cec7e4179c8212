/* view.h - the row of an upload as JSON of struct sg_upload, by the database; private. */
#pragma once

/* Of `uploads u LEFT JOIN genres g USING (genre_id)`. */
#define UPLOAD_VIEW                                                                                \
    "jsonb_strip_nulls(jsonb_build_object('upload_id', u.upload_id, 'status', CASE u.status WHEN " \
    "'received' THEN 'processing' ELSE u.status END, 'stage', CASE u.status WHEN 'received' THEN " \
    "'queued' WHEN 'processing' THEN nullif(u.stage, '') END, 'progress', CASE u.status WHEN "     \
    "'ready' THEN 100 ELSE u.progress END, 'title', u.title, 'artist_id', u.artist_id, "           \
    "'album_id', u.album_id, 'genre', g.name, 'filename', nullif(u.filename, ''), 'bytes', "       \
    "u.bytes, 'total_bytes', u.declared, 'reason', left(nullif(u.reason, ''), 100), 'error', "     \
    "left(nullif(u.error, ''), 1000), 'song_id', u.song_id, 'duplicate_of', u.duplicate_of, "      \
    "'created_at', segue_time_text(u.created_at), 'updated_at', segue_time_text(u.updated_at)))"
