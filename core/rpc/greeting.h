/* greeting.h - asks by hand whether an nng server accepts at an address.
 *
 * Scalability protocols greet with eight bytes each way. The caller's are sent
 * and the server's read before hanging up, for a peer that hangs up earlier
 * hurts older nng servers (see watch.h); no nng object takes part.
 */
#pragma once

enum rpc_greeting {
    RPC_GREETED, /* it answers */
    RPC_SILENT,  /* somebody holds the address, and says nothing */
    RPC_ABSENT,  /* nobody is there */
    RPC_UNKNOWN, /* cannot be asked (inproc://, or a system error) */
};

/* Waits at most patience_ms. */
enum rpc_greeting rpc_greet(const char *url, int patience_ms);
