/* report.h - facts of a file as people read them. */
#pragma once
#include "schemas/audio.h"
#include <stdio.h>

void sg_report(const struct sg_audio_facts *f, FILE *out);
