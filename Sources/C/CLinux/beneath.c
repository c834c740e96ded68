#define _GNU_SOURCE
#include "linux_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

_Static_assert(LINUX_OPEN_HANDLE == O_PATH, "not the kernel's number");

/// How often a path is walked again that was moved meanwhile.
enum { MAXIMUM_WALKS = 1000 };

int linux_open_beneath(int directory, const char *path, int flags)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned int)flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
    };
    long result;
    int walks = 0;
    do {
        result = syscall(SYS_openat2, directory, path, &how, sizeof how);
    } while (result < 0 && (errno == EINTR || (errno == EAGAIN && ++walks < MAXIMUM_WALKS)));
    return (int)result;
}
