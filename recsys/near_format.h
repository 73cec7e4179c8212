/* near_format.h - private to recsys/near: the sections. */
#pragma once
#define NEAR_MAGIC "SGNEAR01"
enum { NEAR_START, NEAR_SONG, NEAR_LIKENESS };
