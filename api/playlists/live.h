/* live.h - edits of playlists as they happen, to whoever looks on, over server-sent events.
 *
 *   an edit commits --> NOTIFY segue_playlists 'ID:SNAPSHOT' --> every API process's thread here
 *   --> reads playlist_changes --> the streams of that playlist
 *
 * Events are numbered by the list's snapshots, so that a client that comes back with
 * Last-Event-ID misses nothing; where too much happened meanwhile it is told to read the list
 * again. Whether each reader still may see the playlist is asked with every change. A stream ends
 * after a quarter of an hour, as long as an access token lives: clients come back by themselves.
 * Thread-safe.
 */
#pragma once
#include "api/api.h"

struct sg_playlist_live;
int sg_playlist_live_open(struct sg_playlist_live **out, struct sg_api *api, struct sg_error *e);
/* After the HTTP server: no stream is left. */
void sg_playlist_live_close(struct sg_playlist_live *l);
SG_HANDLER(sg_playlist_events);
