/* lever_key.h - keys of the table `lever`; private to index/delta and index/searcher. */
#pragma once
#include "index/delta/format.h"
#include "schemas/levers.h"

#define SG_LEVER_KEY     256
#define SG_LEVER_VERSION 0xff

static inline MDB_val sg_availability_key(unsigned char b[SG_LEVER_KEY], enum sg_kind kind,
                                          uint64_t id)
{
    b[0] = SG_LEVER_AVAILABILITY;
    sg_delta_key(b + 1, kind, id);
    return (MDB_val){1 + SG_DELTA_KEY_BYTES, b};
}
