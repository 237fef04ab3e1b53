/* The UDP pump of a hosted platform: sockets for IPv4 and IPv6 on one port and a thread that moves datagrams between them and a data plane.
 * Pumps are small positive handles; errors are negative errno values, unless said otherwise. */
#ifndef ML_PUMP_H
#define ML_PUMP_H

#include <stdint.h>

#include "ml_face.h"

/* port 0 = any; when the wanted port is taken, any. */
ML_EXPORT int ml_pump_open(int data_plane, int port);
ML_EXPORT int ml_pump_port(int pump);
/* Blocks until the data plane has events: 1 events, 0 timeout (timeout_ms < 0: none), -1 closed. For one thread at a time. */
ML_EXPORT int ml_pump_wait(int pump, int timeout_ms);
/* Sends what is in the UDP ring, from the calling thread. */
ML_EXPORT int ml_pump_flush(int pump);
/* New sockets; port 0 = the same number when possible. Returns the port. */
ML_EXPORT int ml_pump_rebind(int pump, int port);
ML_EXPORT int ml_pump_close(int pump);
/* CLOCK_MONOTONIC in milliseconds: the time that packets are stamped with. */
ML_EXPORT int64_t ml_pump_now_ms(void);

/* For the device, where nothing may block in ml_pump_wait: called from any thread when a pump has events or
 * is closed. One for all pumps. */
void ml_pump_on_events(void (*wake)(void));

#endif
