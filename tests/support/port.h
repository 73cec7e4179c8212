/* port.h - ports for the servers that a test starts, of no other test as long as this one runs. */
#pragma once

/* One that nobody listens on now. */
int test_free_port(void);
/* The first of n in a row. */
int test_free_ports(int n);
