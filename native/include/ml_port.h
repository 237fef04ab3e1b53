/* What a port gives to the portable core: a lock and, at create time only, memory. A build with ML_SINGLE_THREADED has no locks. */
#ifndef ML_PORT_H
#define ML_PORT_H

#include <stddef.h>
#include <stdint.h>

/* Memory is taken when an instance is created and given back when it is destroyed, never in between. Zeroed. NULL = none left. */
void *ml_port_allocate(size_t bytes);
void ml_port_free(void *memory);

#ifdef ML_SINGLE_THREADED
static inline void *ml_port_mutex_create(void) { static int any; return &any; }
static inline void ml_port_mutex_destroy(void *mutex) { (void)mutex; }
static inline void ml_port_lock(void *mutex) { (void)mutex; }
static inline void ml_port_unlock(void *mutex) { (void)mutex; }
static inline void ml_port_global_lock(void) { }
static inline void ml_port_global_unlock(void) { }
#else
void *ml_port_mutex_create(void);
void ml_port_mutex_destroy(void *mutex);
void ml_port_lock(void *mutex);
void ml_port_unlock(void *mutex);
/* One lock for the process: the handle table. Held for a few instructions. */
void ml_port_global_lock(void);
void ml_port_global_unlock(void);
#endif

#endif
