/* Answers as libfaketime does: the true time and what a file says. For tests, where libfaketime is not at hand. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static double ahead(void)
{
    const char *name = getenv("FAKETIME_TIMESTAMP_FILE");
    double found = 0;
    FILE *file = name ? fopen(name, "r") : NULL;
    if (file) {
        if (fscanf(file, "%lf", &found) != 1)
            found = 0;
        fclose(file);
    }
    return found;
}

int clock_gettime(clockid_t which, struct timespec *told)
{
    int done = (int)syscall(SYS_clock_gettime, which, told);
    if (done == 0 && which == CLOCK_REALTIME)
        told->tv_sec += (time_t)ahead();
    return done;
}

int gettimeofday(struct timeval *told, void *zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    told->tv_sec = now.tv_sec;
    told->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *told)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told)
        *told = now.tv_sec;
    return now.tv_sec;
}
