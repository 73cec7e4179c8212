/* fuzz_m3u8.c - any bytes as a playlist's file; what is read is written and read again, the same.
 */
#include "tests/support/sheet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    test_sheet_round_trip((struct sg_str){(const char *)data, n}, sg_m3u8_read, sg_m3u8_write);
    return 0;
}
