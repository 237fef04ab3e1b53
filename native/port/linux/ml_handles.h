/* Small positive handles for objects that many threads use and one closes. */
#ifndef ML_HANDLES_H
#define ML_HANDLES_H

#include <pthread.h>

#define ML_HANDLES 256

typedef struct
{
    pthread_mutex_t lock;
    pthread_cond_t left;
    void *object[ML_HANDLES];
    int users[ML_HANDLES];
} ml_handles;

#define ML_HANDLES_INIT { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, { 0 }, { 0 } }

/* A handle > 0, or -EMFILE. */
int ml_handles_add(ml_handles *handles, void *object);
/* The object, which stays until leave; NULL: there is none of this number. */
void *ml_handles_enter(ml_handles *handles, int handle);
/* Returns result, so that a function can end with it. */
int ml_handles_leave(ml_handles *handles, int handle, int result);
/* Takes the object out: nobody enters any more. The caller makes those inside leave, and waits for them with drain. */
void *ml_handles_remove(ml_handles *handles, int handle);
void ml_handles_drain(ml_handles *handles, int handle);

#endif
