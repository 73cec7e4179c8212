/* offline.h - songs that a device keeps, to be played without a network.
 *
 *   POST   keep songs, an album, a playlist --> offline_kept (what is wanted), and licences for
 *                                               what that is now --> offline_songs
 *   GET    wanted and allowed now, beside offline_songs --> a state a song: what to fetch, delete
 *   renew  licences anew for what is wanted and was not revoked; what is not wanted is forgotten
 *
 * A licence is a JWT of the accounts' key over up to 50 assets: user, device, assets, expiry. The
 * page checks it while nobody can be asked. What it holds to is the list: whatever has another
 * state than kept there is not played, and deleted. Revoked songs stay so until they are asked to
 * be kept again. docs/protection.md says what this protects.
 */
#pragma once
#include "api/api.h"

SG_HANDLER(sg_offline_keep);
SG_HANDLER(sg_offline_list);
SG_HANDLER(sg_offline_renew);
SG_HANDLER(sg_offline_forget);
