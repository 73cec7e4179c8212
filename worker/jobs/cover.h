/* cover.h - the picture inside an uploaded file, made a cover as the API makes those that are sent.
 *
 *   segue-audio: f/cover.jpg as it was --> segue-images --> var_dir/covers/ab/ab12../ --> its album
 *
 * What was in the file is never served, and does not leave the scratch folder.
 */
#pragma once
#include "core/covers/covers.h"
#include "core/pg.h"
#include "schemas/audio.h"

/* out_dir: the prepared tree. Known and kept from now on, a day at least, whoever gets it. A file
 * without a picture, one that cannot be decoded, and a var_dir without the folder of covers (an API
 * makes it: on a machine without one it has to be mounted) are no failure of the upload:
 * out->name is "" then. */
void encode_cover_make(const char *var_dir, struct sg_pg_pool *pool, const char *out_dir,
                       const struct sg_audio_facts *facts, struct sg_cover *out);
