/* Locks and memory of a hosted platform. */
#include <pthread.h>
#include <stdlib.h>

#include "ml_port.h"

void *ml_port_allocate(size_t bytes) { return calloc(1, bytes); }
void ml_port_free(void *memory) { free(memory); }

#ifndef ML_SINGLE_THREADED
static pthread_mutex_t global = PTHREAD_MUTEX_INITIALIZER;

void *ml_port_mutex_create(void)
{
    pthread_mutex_t *mutex = malloc(sizeof *mutex);
    if (mutex != NULL) pthread_mutex_init(mutex, NULL);
    return mutex;
}

void ml_port_mutex_destroy(void *mutex)
{
    pthread_mutex_destroy(mutex);
    free(mutex);
}

void ml_port_lock(void *mutex) { pthread_mutex_lock(mutex); }
void ml_port_unlock(void *mutex) { pthread_mutex_unlock(mutex); }
void ml_port_global_lock(void) { pthread_mutex_lock(&global); }
void ml_port_global_unlock(void) { pthread_mutex_unlock(&global); }
#endif
