/* refuse.h - saying that a file is at fault: SG_EMEDIA, with the stable code as the error's kind.
 */
#pragma once
#include "schemas/audio.h"

#define sg_refuse(e, why, ...) sg_fail_kind(e, SG_EMEDIA, sg_audio_why_name(why), __VA_ARGS__)
