// echo SOCKET: the floor of the RPC benchmark. Sends every newline-ended frame back, one thread, epoll.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BUFFER = 1 << 20, EVENTS = 64 };

static int listen_on(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (void *)&address, sizeof address) || listen(listener, 128)) {
        perror(path);
        exit(1);
    }
    return listener;
}

int main(int count, char **arguments) {
    if (count != 2) return 1;
    signal(SIGPIPE, SIG_IGN);
    int listener = listen_on(arguments[1]), poll = epoll_create1(0);
    struct epoll_event wanted = {EPOLLIN, {.fd = listener}}, events[EVENTS];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted);
    char *buffer = malloc(BUFFER);
    for (;;) {
        int ready = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            int peer = events[i].data.fd;
            if (peer == listener) {
                wanted.data.fd = accept(listener, 0, 0);
                epoll_ctl(poll, EPOLL_CTL_ADD, wanted.data.fd, &wanted);
                continue;
            }
            // A frame of the benchmark always arrives whole: it is smaller than the socket's buffer.
            ssize_t size = read(peer, buffer, BUFFER);
            if (size <= 0 || (memchr(buffer, '\n', size) && write(peer, buffer, size) != size)) close(peer);
        }
    }
}
