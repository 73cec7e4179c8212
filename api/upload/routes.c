/* routes.c - routes of uploads. */
#include "api/library/library.h"
#include "api/params.h"
#include "api/route.h"
#include "api/upload/handlers.h"
#include "schemas/library.h"
#include "schemas/upload.h"

#define TAG .tag = "Uploads"
#define TUS "/api/v1/upload/tus"
static const char tus_help[] =
    "tus 1.0 (https://tus.io/protocols/resumable-upload), extensions creation, "
    "creation-with-upload, termination, expiration, checksum: any client of tus speaks it. Every "
    "request has `Tus-Resumable: 1.0.0`. Where PATCH and DELETE cannot be sent, POST with "
    "`X-HTTP-Method-Override` is the same. The body, if any, is the file's first bytes, of which "
    "the same is true as of those of tusPatch; when it is refused, no upload is begun.";
#define SPOKEN .always = "Tus-Resumable: 1.0.0"

const struct sg_route sg_upload_routes[] = {
    {.path = "/api/v1/upload/song",
     .name = "uploadSong",
     .stream = sg_upload_song,
     TAG,
     .summary = "Upload a song",
     .help =
         "A form of at most `upload.max_mb` MiB (500 where not set otherwise), in any order of "
         "fields. The file is kept encrypted and decoded from beginning to end before it is "
         "accepted: 422 with a stable `code` when it is silent, truncated, damaged, too short, "
         "too long and so on, 415 when it is no audio that is read. What is accepted is encoded "
         "in the background: see `Location`. A request with the header `Content-Digest` or "
         "`Repr-Digest` (RFC 9530) is refused when its body is another. Sent twice while it is "
         "being processed it is one upload. For large files and bad connections: "
         "`POST /api/v1/upload/tus`.",
     .method = "POST",
     .body_type = "multipart/form-data",
     .form = &sg_upload_form_record,
     .reply = &sg_upload_accepted_record,
     .status = 202,
     .answers = SG_ANSWERS_404 | SG_ANSWERS_409 | SG_ANSWERS_413 | SG_ANSWERS_415 | SG_ANSWERS_422,
     .cost = 5,
     .access = SG_ARTIST_ROLE},
    {.path = TUS,
     .name = "tusOptions",
     .handle = sg_tus_options,
     TAG,
     .summary = "What of tus is spoken here",
     .help = "Told by the headers `Tus-Version`, `Tus-Extension`, `Tus-Max-Size`, "
             "`Tus-Checksum-Algorithm`.",
     .method = "OPTIONS",
     SPOKEN,
     .access = SG_ANYONE},
    {.path = TUS,
     .name = "tusCreate",
     .stream = sg_tus_create,
     TAG,
     .summary = "Begin an upload that may be interrupted",
     .help = tus_help,
     .method = "POST",
     .body_type = "application/offset+octet-stream",
     .body_optional = true,
     .status = 201,
     .answers = SG_ANSWERS_404 | SG_ANSWERS_409 | SG_ANSWERS_413 | SG_ANSWERS_415 | SG_ANSWERS_422 |
                SG_ANSWERS_460,
     .headers = "Tus-Resumable Upload-Length Upload-Metadata Upload-Checksum",
     SPOKEN,
     .access = SG_ARTIST_ROLE},
    {.path = TUS "/{upload_id}",
     .name = "tusHead",
     .handle = sg_tus_head,
     TAG,
     .summary = "How much of an upload has come",
     .help = "By `Upload-Offset`. 410: it was refused or cancelled.",
     .method = "HEAD",
     .status = 200,
     .answers = SG_ANSWERS_404 | SG_ANSWERS_410,
     .headers = "Tus-Resumable",
     SPOKEN,
     .by_override = true,
     .access = SG_ARTIST_ROLE},
    {.path = TUS "/{upload_id}",
     .name = "tusPatch",
     .stream = sg_tus_patch,
     TAG,
     .summary = "Send the next bytes of an upload",
     .help = "What came of a broken request is kept, unless it told a checksum. The last one is "
             "answered when the whole file was decoded: 204, or 422 and 415 as of uploadSong. "
             "409: bytes were sent by another request meanwhile, `Upload-Offset` tells where to go "
             "on. 460: another checksum.",
     .method = "PATCH",
     .body_type = "application/offset+octet-stream",
     .body_optional = true,
     .answers = SG_ANSWERS_404 | SG_ANSWERS_409 | SG_ANSWERS_410 | SG_ANSWERS_413 | SG_ANSWERS_415 |
                SG_ANSWERS_422 | SG_ANSWERS_460,
     .headers = "Tus-Resumable Upload-Offset Upload-Checksum",
     SPOKEN,
     .by_override = true,
     .access = SG_ARTIST_ROLE},
    {.path = TUS "/{upload_id}",
     .name = "tusTerminate",
     .handle = sg_tus_terminate,
     TAG,
     .summary = "Give an upload up",
     .method = "DELETE",
     .answers = SG_ANSWERS_404 | SG_ANSWERS_409 | SG_ANSWERS_410,
     .headers = "Tus-Resumable",
     SPOKEN,
     .by_override = true,
     .access = SG_ARTIST_ROLE},
    {.path = "/api/v1/upload/status/{upload_id}",
     .name = "getUpload",
     .handle = sg_upload_status,
     TAG,
     .summary = "How far an upload is",
     .help = "For who sent it, and admins. `ready`: `song_id` tells the song. `refused` and "
             "`failed`: `reason` and `error` tell why.",
     .reply = &sg_upload_record,
     .answers = SG_ANSWERS_404,
     .access = SG_ACCOUNT},
    {.path = "/api/v1/upload/status/{upload_id}/events",
     .name = "uploadEvents",
     .handle = sg_upload_events,
     TAG,
     .summary = "The same as it changes",
     .help = "Server-sent events named `upload`, each the whole record; the last one tells how it "
             "ended.",
     .content_type = "text/event-stream",
     .answers = SG_ANSWERS_404,
     .access = SG_ACCOUNT},
    {.path = "/api/v1/upload/{upload_id}",
     .name = "cancelUpload",
     .handle = sg_upload_cancel,
     TAG,
     .summary = "Cancel an upload",
     .help = "Before it is ready. What came of it is deleted.",
     .method = "DELETE",
     .answers = SG_ANSWERS_404 | SG_ANSWERS_409,
     .access = SG_ACCOUNT},
    {.path = "/api/v1/me/uploads",
     .name = "listUploads",
     .handle = sg_upload_list,
     TAG,
     .summary = "My uploads, newest first",
     .params = sg_place_params,
     .params_of = &sg_page_request_record,
     .reply = &sg_upload_list_record,
     .access = SG_ACCOUNT},
    {0},
};
