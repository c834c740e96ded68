#pragma once

#include <stddef.h>
#include <sys/types.h>

/// Sends bytes without blocking and without SIGPIPE; `descriptor` travels with the first of them when it is not -1.
ssize_t linux_send(int socket, const void *bytes, size_t count, int descriptor);

/// Receives bytes without blocking, and up to `capacity` descriptors that came with them, closed on exec.
/// When descriptors had to be dropped, all of them are closed and the call fails with EBADMSG.
ssize_t linux_receive(
    int socket, void *bytes, size_t count, int *descriptors, size_t capacity, size_t *descriptor_count);

/// A connected stream socket, or -1. A path too long for an address goes through its directory's descriptor.
int linux_connect(const char *path);

/// A listening stream socket at a path that does not exist yet, or -1.
int linux_listen(const char *path, int backlog);

int linux_accept(int socket);

/// How many bytes can be read at once from a pipe, a socket or a terminal, or -1.
int linux_readable_bytes(int descriptor);
