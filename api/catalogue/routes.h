/* routes.h - fields that routes of struct sg_route have in common where songs, albums and artists
 * are edited. */
#pragma once
#include "api/route.h"
#include "core/covers/covers.h"
#include "schemas/edits.h"

#define MAKES .method = "POST", .status = 201, .answers = SG_ANSWERS_409, .access = SG_ARTIST_ROLE

/* A change or a removal. */
#define EDITS .answers = SG_ANSWERS_404 | SG_ANSWERS_409 | SG_ANSWERS_412, .access = SG_ARTIST_ROLE

#define PUTS_PICTURE                                                                               \
    .method = "PUT", .body_type = "image/*", .body_max = SG_COVER_BYTES_MAX,                       \
    .reply = &sg_picture_record,                                                                   \
    .answers = SG_ANSWERS_404 | SG_ANSWERS_409 | SG_ANSWERS_412 | SG_ANSWERS_413 | SG_ANSWERS_415, \
    .cost = 10, .access = SG_ARTIST_ROLE
#define PICTURE_HELP                                                                               \
    "A JPEG, PNG or WebP of 10 MiB and 50 megapixels at most, sides from 64 pixels, one at most "  \
    "twice the other. It is kept as 64, 300, 640 and 1200 pixels, without metadata."
