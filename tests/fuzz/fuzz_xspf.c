/* fuzz_xspf.c - any bytes as a playlist's file; what is read is written and read again, the same.
 */
#include "tests/support/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    test_sheet_round_trip((struct sg_str){(const char *)data, n}, sg_xspf_read, sg_xspf_write);
    return 0;
}
