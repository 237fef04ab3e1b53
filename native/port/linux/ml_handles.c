#include "ml_handles.h"

#include <errno.h>
#include <stddef.h>

int ml_handles_add(ml_handles *handles, void *object)
{
    int handle = -EMFILE;
    pthread_mutex_lock(&handles->lock);
    for (int i = 0; i < ML_HANDLES && handle < 0; i++)
    {
        if (handles->object[i] != NULL || handles->users[i] != 0) continue;
        handles->object[i] = object;
        handle = i + 1;
    }
    pthread_mutex_unlock(&handles->lock);
    return handle;
}

void *ml_handles_enter(ml_handles *handles, int handle)
{
    void *object;
    if (handle <= 0 || handle > ML_HANDLES) return NULL;
    pthread_mutex_lock(&handles->lock);
    object = handles->object[handle - 1];
    if (object != NULL) handles->users[handle - 1]++;
    pthread_mutex_unlock(&handles->lock);
    return object;
}

int ml_handles_leave(ml_handles *handles, int handle, int result)
{
    pthread_mutex_lock(&handles->lock);
    if (--handles->users[handle - 1] == 0) pthread_cond_broadcast(&handles->left);
    pthread_mutex_unlock(&handles->lock);
    return result;
}

void *ml_handles_remove(ml_handles *handles, int handle)
{
    void *object;
    if (handle <= 0 || handle > ML_HANDLES) return NULL;
    pthread_mutex_lock(&handles->lock);
    object = handles->object[handle - 1];
    handles->object[handle - 1] = NULL;
    pthread_mutex_unlock(&handles->lock);
    return object;
}

void ml_handles_drain(ml_handles *handles, int handle)
{
    pthread_mutex_lock(&handles->lock);
    while (handles->users[handle - 1] > 0) pthread_cond_wait(&handles->left, &handles->lock);
    pthread_mutex_unlock(&handles->lock);
}
