/* What the pump needs of a TUN device. */
#ifndef ML_TUN_LINK_H
#define ML_TUN_LINK_H

#include "ml_tun_wire.h"

typedef struct ml_tun ml_tun;

/* NULL, or the device, which stays until leave. */
ml_tun *ml_tun_enter(int handle);
void ml_tun_leave(int handle);
/* Whether the kernel takes several UDP packets as one. */
bool ml_tun_merges_udp(const ml_tun *tun);
/* An ml_tun_write; the context is an ml_tun. */
bool ml_tun_write_frame(void *tun, const struct iovec *parts, int count);

#endif
