/* taste.c - field tables of taste.h. */
#include "schemas/taste.h"

static const struct sg_field request[] = {
    SG_FIELD_U64(struct sg_taste_request, user_id, 1, INT64_MAX, SG_REQUIRED),
};
const struct sg_record sg_taste_request_record =
    SG_RECORD("TasteRequest", struct sg_taste_request, request);

static const struct sg_field affinity[] = {
    SG_FIELD_U64(struct sg_affinity, id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_(SG_T_F64, struct sg_affinity, weight, 0, 1, SG_REQUIRED, 0, NULL),
};
static const struct sg_record affinity_record = SG_RECORD("Affinity", struct sg_affinity, affinity);

static const struct sg_field taste[] = {
    SG_FIELD_STR(struct sg_taste, model, 1, 200, SG_OPTIONAL),
    SG_FIELD_(SG_T_BYTES, struct sg_taste, vector, 4, SG_TASTE_VECTOR_MAX, SG_OPTIONAL, 0, NULL),
    SG_FIELD_LIST(struct sg_taste, songs, SG_T_RECORD, &affinity_record, SG_TASTE_MAX),
    SG_FIELD_LIST(struct sg_taste, artists, SG_T_RECORD, &affinity_record, SG_TASTE_MAX),
};
const struct sg_record sg_taste_record = SG_RECORD("Taste", struct sg_taste, taste);
