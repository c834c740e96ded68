#define _GNU_SOURCE
#include "launch_box.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// Lives until it is killed, or its maker's thread ends: a namespace needs a process while its maps are written.
static int hold_namespace(void *argument) {
    (void)argument;
    syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    for (;;) syscall(SYS_pause);
}

/// All ids as they are, but the two of them exchanged.
static int exchange(char *text, size_t capacity, uint32_t first, uint32_t second) {
    uint32_t low = first < second ? first : second, high = first < second ? second : first;
    size_t used = 0;
    struct { uint32_t inside, outside, count; } lines[5] = {
        {0, 0, low}, {low, high, 1}, {low + 1, low + 1, high - low - 1}, {high, low, 1},
        {high + 1, high + 1, UINT32_MAX - high - 1},
    };
    for (int index = 0; index < 5; index++) {
        if (lines[index].count == 0) continue;
        int length = snprintf(text + used, capacity - used, "%u %u %u\n", lines[index].inside, lines[index].outside,
                              lines[index].count);
        if (length < 0 || (size_t)length >= capacity - used) return -1;
        used += (size_t)length;
    }
    return (int)used;
}

static int write_map(pid_t pid, const char *name, const char *text, size_t length) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    ssize_t written = write(descriptor, text, length);
    int error = errno;
    close(descriptor);
    errno = error;
    return written == (ssize_t)length ? 0 : -1;
}

int launch_user_mapping(uint32_t stored, uint32_t shown) {
    if (stored == shown) {
        errno = EINVAL;
        return -1;
    }
    char map[256];
    int length = exchange(map, sizeof map, stored, shown);
    if (length < 0) {
        errno = EINVAL;
        return -1;
    }
    enum { STACK = 65536 };
    char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack == MAP_FAILED) return -1;

    sigset_t all, previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    pid_t pid = clone(hold_namespace, stack + STACK, CLONE_VM | CLONE_NEWUSER | SIGCHLD, NULL);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    int descriptor = -1;
    if (pid > 0) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
        if (write_map(pid, "uid_map", map, (size_t)length) == 0 && write_map(pid, "gid_map", map, (size_t)length) == 0) {
            descriptor = open(path, O_RDONLY | O_CLOEXEC);
        }
        error = errno;
        kill(pid, SIGKILL);
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    }
    munmap(stack, STACK);
    errno = error;
    return descriptor;
}
