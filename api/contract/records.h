/* records.h - every record that the routes take or give. */
#pragma once
#include "core/record.h"

enum { SG_RECORDS_MAX = 1024 };
struct sg_records {
    const struct sg_record *v[SG_RECORDS_MAX];
    size_t n;
};
/* Each once, with all that it holds; the problem first. */
void sg_records_of_routes(struct sg_records *out);
