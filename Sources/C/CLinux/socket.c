#define _GNU_SOURCE

#include "linux_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAXIMUM_DESCRIPTORS = 16 };

union control {
    struct cmsghdr alignment;
    char bytes[CMSG_SPACE(MAXIMUM_DESCRIPTORS * sizeof(int))];
};

ssize_t linux_send(int socket, const void *bytes, size_t count, int descriptor)
{
    if (descriptor < 0)
        return send(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    struct iovec vector = {.iov_base = (void *)bytes, .iov_len = count};
    union control control = {0};
    struct msghdr message = {
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = CMSG_SPACE(sizeof(int)),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

ssize_t linux_receive(
    int socket, void *bytes, size_t count, int *descriptors, size_t capacity, size_t *descriptor_count)
{
    struct iovec vector = {.iov_base = bytes, .iov_len = count};
    union control control;
    struct msghdr message = {
        .msg_iov = &vector,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    *descriptor_count = 0;
    ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (received < 0)
        return received;
    int complete = (message.msg_flags & MSG_CTRUNC) == 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        size_t arrived = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < arrived; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + index * sizeof(int), sizeof(int));
            if (*descriptor_count < capacity)
                descriptors[(*descriptor_count)++] = descriptor;
            else {
                complete = 0;
                close(descriptor);
            }
        }
    }
    if (complete)
        return received;
    for (size_t index = 0; index < *descriptor_count; index++)
        close(descriptors[index]);
    *descriptor_count = 0;
    errno = EBADMSG;
    return -1;
}

/// Fills in an address for the path. Returns a directory descriptor to close afterwards, -1 when none was needed, -2 on failure.
static int make_address(const char *path, struct sockaddr_un *address)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) < sizeof address->sun_path) {
        strcpy(address->sun_path, path);
        return -1;
    }
    const char *slash = strrchr(path, '/');
    char directory[4096];
    if (slash == NULL || (size_t)(slash - path) >= sizeof directory) {
        errno = ENAMETOOLONG;
        return -2;
    }
    memcpy(directory, path, (size_t)(slash - path));
    directory[slash - path] = '\0';
    int descriptor = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return -2;
    int length = snprintf(
        address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d/%s", descriptor, slash + 1);
    if (length < 0 || (size_t)length >= sizeof address->sun_path) {
        close(descriptor);
        errno = ENAMETOOLONG;
        return -2;
    }
    return descriptor;
}

/// Opens a socket and applies `bind` or `connect` to it.
static int open_socket(const char *path, int (*apply)(int, const struct sockaddr *, socklen_t))
{
    struct sockaddr_un address;
    int directory = make_address(path, &address);
    if (directory == -2)
        return -1;
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor >= 0 && apply(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(descriptor);
        descriptor = -1;
        errno = error;
    }
    int error = errno;
    if (directory >= 0)
        close(directory);
    errno = error;
    return descriptor;
}

static int apply_connect(int descriptor, const struct sockaddr *address, socklen_t length)
{
    return connect(descriptor, address, length);
}

static int apply_bind(int descriptor, const struct sockaddr *address, socklen_t length)
{
    return bind(descriptor, address, length);
}

int linux_connect(const char *path)
{
    return open_socket(path, apply_connect);
}

int linux_listen(const char *path, int backlog)
{
    int descriptor = open_socket(path, apply_bind);
    if (descriptor >= 0 && listen(descriptor, backlog) != 0) {
        int error = errno;
        close(descriptor);
        errno = error;
        return -1;
    }
    return descriptor;
}

int linux_accept(int socket)
{
    return accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int linux_readable_bytes(int descriptor)
{
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) == 0 ? count : -1;
}
