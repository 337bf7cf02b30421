/* A disk whose fsync takes a while: LD_PRELOAD this. FSYNC_US says how long; the real one is not called. */
#include <stdlib.h>
#include <time.h>

static int wait_as_long_as_a_disk(void) {
    const char *us = getenv("FSYNC_US");
    long ns = (us ? atol(us) : 8000) * 1000L;
    struct timespec left = {ns / 1000000000L, ns % 1000000000L};
    while (nanosleep(&left, &left)) {
    }
    return 0;
}

int fsync(int fd) {
    (void)fd;
    return wait_as_long_as_a_disk();
}

int fdatasync(int fd) {
    (void)fd;
    return wait_as_long_as_a_disk();
}
