#pragma once

#include <stdint.h>

/// The parts of epoll, eventfd and pipe2 that the Glibc module does not export. Each returns -1 and sets errno on failure.
enum linux_interest {
    LINUX_READ = 1,
    LINUX_WRITE = 2,
};

struct linux_event {
    uint64_t token;
    /// Of `linux_interest`. A hangup or an error counts as both, because the next call reports it.
    uint32_t readiness;
};

enum { LINUX_EVENT_CAPACITY = 128 };

int linux_poller(void);

/// Changes what a descriptor is watched for; watched for nothing it leaves the poller, and reports no hangup either.
int linux_watch(int poller, int descriptor, uint32_t from, uint32_t to, uint64_t token);

/// Watches for one event to read, whether or not the descriptor was watched before; from any thread.
int linux_watch_once(int poller, int descriptor, uint64_t token);

/// Waits for at most `LINUX_EVENT_CAPACITY` events. A negative timeout means for ever.
int linux_poll(int poller, struct linux_event *events, int timeout_milliseconds);

/// A non-blocking counter for waking a poller from another thread.
int linux_waker(void);

/// A pipe, closed on exec.
int linux_pipe(int *reader, int *writer);
