/* devices.h - a listener's devices: to which licences are given, and that keep songs offline.
 *
 * A device is a name that its owner's token speaks for; it proves nothing about the machine. It
 * belongs to the session that used it last, whose end revokes what it was given (migration of
 * licences). Of devices that keep nothing the latest SG_DEVICES_MAX are remembered.
 */
#pragma once
#include "api/api.h"

SG_HANDLER(sg_device_register);
SG_HANDLER(sg_device_list);
SG_HANDLER(sg_device_remove);
