/* taste.h - what a listener likes, for searches (schemas/taste.h): her vector as folded into
 * the served model, the songs she likes or plays most, the artists she follows or plays. */
#pragma once
#include "recsys/answer.h"
#include "schemas/taste.h"

/* out lies in the call's arena; empty for somebody unknown. SG_EUNAVAIL, SG_ETIMEOUT: what she
 * did is out of reach. */
int sg_answer_taste(struct sg_answerer *a, const struct sg_rpc_call *call,
                    const struct sg_taste_request *in, struct sg_taste *out, struct sg_error *e);
