/*
 * The port of a firmware whose natives run in the CLR's task only: memory from the C heap, locks that do nothing, a clock from the
 * interop layer, and no sockets of its own, so that opening a pump fails with -ENOSYS. Datagrams then travel through managed sockets:
 * ml_dp_udp_in and ml_dp_poll_udp.
 */
#include <errno.h>
#include <stdlib.h>

#include "ml_port.h"
#include "ml_pump.h"

/* native/interop/ml_interop.cpp. */
int64_t ml_interop_now_ms(void);

static int any;

void *ml_port_allocate(size_t bytes) { return calloc(1, bytes); }
void ml_port_free(void *memory) { free(memory); }

void *ml_port_mutex_create(void) { return &any; }
void ml_port_mutex_destroy(void *mutex) { (void)mutex; }
void ml_port_lock(void *mutex) { (void)mutex; }
void ml_port_unlock(void *mutex) { (void)mutex; }
void ml_port_global_lock(void) { }
void ml_port_global_unlock(void) { }

int ml_pump_open(int data_plane, int port)
{
    (void)data_plane;
    (void)port;
    return -ENOSYS;
}

/* No handle was ever given out. */
static int unknown(int pump)
{
    (void)pump;
    return -EBADF;
}

int ml_pump_port(int pump) { return unknown(pump); }
int ml_pump_flush(int pump) { return unknown(pump); }
int ml_pump_close(int pump) { return unknown(pump); }

int ml_pump_rebind(int pump, int port)
{
    (void)port;
    return unknown(pump);
}

int ml_pump_wait(int pump, int timeout_ms)
{
    (void)pump;
    (void)timeout_ms;
    return -1;
}

int64_t ml_pump_now_ms(void) { return ml_interop_now_ms(); }
void ml_pump_on_events(void (*wake)(void)) { (void)wake; }
