// load SOCKET HELLO REQUEST CONNECTIONS SECONDS RATE: sends the frame in file REQUEST at RATE per second on each
// connection, after the frame in file HELLO and its answer, and prints "count p50 p99 max" in nanoseconds.
// A late answer delays nothing: latency counts from when the frame was due, so a stalled server cannot hide.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 20, EVENTS = 256, SAMPLES = 1 << 22, IDLE_NS = 50000000 };
typedef unsigned long long nanoseconds;
typedef struct { char *bytes; long size; } frame;
typedef struct { int fd, busy; nanoseconds due, next; } connection;

static char buffer[BUFFER];
static nanoseconds samples[SAMPLES];
static long taken;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static nanoseconds now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static frame load(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) fail(path);
    frame f = {malloc(BUFFER), 0};
    f.size = fread(f.bytes, 1, BUFFER, file);
    fclose(file);
    return f;
}

static void send_frame(int fd, frame f) {
    if (write(fd, f.bytes, f.size) != f.size) fail("write");
}

// The answer is whole when its newline has come; no second frame is sent before.
static int answered(int fd) {
    ssize_t size = read(fd, buffer, BUFFER);
    if (size < 0 && errno == EAGAIN) return 0;
    if (size <= 0) fail("the server hung up");
    return buffer[size - 1] == '\n';
}

static int greet(const char *path, frame hello) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (void *)&address, sizeof address)) fail(path);
    send_frame(fd, hello);
    while (!answered(fd)) {}
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static int order(const void *a, const void *b) {
    nanoseconds x = *(const nanoseconds *)a, y = *(const nanoseconds *)b;
    return (x > y) - (x < y);
}

int main(int count, char **arguments) {
    if (count != 7) return 1;
    frame hello = load(arguments[2]), request = load(arguments[3]);
    int connections = atoi(arguments[4]), poll = epoll_create1(0);
    nanoseconds period = 1e9 / atof(arguments[6]), start, end, warm;
    connection *all = calloc(connections, sizeof *all);
    for (int i = 0; i < connections; i++) {
        all[i].fd = greet(arguments[1], hello);
        struct epoll_event wanted = {EPOLLIN, {.ptr = all + i}};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &wanted);
    }
    start = now();
    end = start + (nanoseconds)(1e9 * atof(arguments[5]));
    warm = start + (end - start) / 8;
    for (int i = 0; i < connections; i++) all[i].next = start + period * i / connections;
    for (nanoseconds t = start; t < end; t = now()) {
        nanoseconds soonest = t + IDLE_NS;
        for (connection *c = all; c < all + connections; c++) {
            if (!c->busy && c->next <= t) {
                c->busy = 1;
                c->due = c->next;
                c->next += period;
                send_frame(c->fd, request);
            }
            if (!c->busy && c->next < soonest) soonest = c->next;
        }
        t = now();
        struct timespec wait = {0, soonest > t ? soonest - t : 0};
        struct epoll_event events[EVENTS];
        int ready = epoll_pwait2(poll, events, EVENTS, &wait, 0);
        for (int i = 0; i < ready; i++) {
            connection *c = events[i].data.ptr;
            if (!answered(c->fd)) continue;
            c->busy = 0;
            if (c->due > warm && taken < SAMPLES) samples[taken++] = now() - c->due;
        }
    }
    if (!taken) fail("no answer");
    qsort(samples, taken, sizeof *samples, order);
    printf("%ld %llu %llu %llu\n", taken, samples[taken / 2], samples[taken * 99 / 100], samples[taken - 1]);
}
