#define _GNU_SOURCE

#include "linux_poll.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int linux_poller(void)
{
    return epoll_create1(EPOLL_CLOEXEC);
}

int linux_watch(int poller, int descriptor, uint32_t from, uint32_t to, uint64_t token)
{
    if (from == to)
        return 0;
    struct epoll_event event = {.data.u64 = token};
    if (to & LINUX_READ)
        event.events |= EPOLLIN | EPOLLRDHUP;
    if (to & LINUX_WRITE)
        event.events |= EPOLLOUT;
    int operation = from == 0 ? EPOLL_CTL_ADD : to == 0 ? EPOLL_CTL_DEL : EPOLL_CTL_MOD;
    return epoll_ctl(poller, operation, descriptor, &event);
}

int linux_watch_once(int poller, int descriptor, uint64_t token)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.u64 = token};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, descriptor, &event) == 0)
        return 0;
    return errno == ENOENT ? epoll_ctl(poller, EPOLL_CTL_ADD, descriptor, &event) : -1;
}

int linux_poll(int poller, struct linux_event *events, int timeout_milliseconds)
{
    struct epoll_event ready[LINUX_EVENT_CAPACITY];
    int count = epoll_wait(poller, ready, LINUX_EVENT_CAPACITY, timeout_milliseconds);
    for (int index = 0; index < count; index++) {
        uint32_t flags = ready[index].events;
        uint32_t broken = flags & (EPOLLHUP | EPOLLERR);
        events[index].token = ready[index].data.u64;
        events[index].readiness = 0;
        if (broken || (flags & (EPOLLIN | EPOLLRDHUP)))
            events[index].readiness |= LINUX_READ;
        if (broken || (flags & EPOLLOUT))
            events[index].readiness |= LINUX_WRITE;
    }
    return count;
}

int linux_waker(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

int linux_pipe(int *reader, int *writer)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    *reader = ends[0];
    *writer = ends[1];
    return 0;
}
