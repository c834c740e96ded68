#define _GNU_SOURCE

#include "linux_spawn.h"

#include "clone3.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/// What parent and child share until the child has called exec.
struct spawn {
    const struct linux_spawn_request *request;
    volatile struct linux_spawn_failure failure;
    /// The kernel has reset handlers already.
    bool has_default_handlers;
};

static _Noreturn void fail(struct spawn *spawn, int stage)
{
    spawn->failure.error = errno;
    spawn->failure.stage = stage;
    _exit(127);
}

static bool attach_stdio(const struct linux_spawn_request *request)
{
    if (request->terminal == NULL)
        return dup2(request->input, 0) == 0 && dup2(request->output, 1) == 1 && dup2(request->error, 2) == 2;
    // A session leader without a terminal gets the first one that it opens.
    int slave = open(request->terminal, O_RDWR);
    return slave >= 0 && dup2(slave, 0) == 0 && dup2(slave, 1) == 1 && dup2(slave, 2) == 2;
}

static bool apply_limits(const struct linux_spawn_request *request)
{
    static const __rlimit_resource_t resources[] = {
        [LINUX_ADDRESS_SPACE] = RLIMIT_AS,
        [LINUX_PROCESSES] = RLIMIT_NPROC,
        [LINUX_OPEN_FILES] = RLIMIT_NOFILE,
        [LINUX_FILE_LOCKS] = RLIMIT_LOCKS,
    };
    for (size_t index = 0; index < request->limit_count; index++) {
        struct rlimit limit = {request->limits[index].value, request->limits[index].value};
        if (setrlimit(resources[request->limits[index].resource], &limit) != 0)
            return false;
    }
    return true;
}

/// What is inherited is the caller's at the moment of birth. The child cannot write its own: in the caller's memory it is as
/// opaque as the caller.
static bool set_oom_score(const struct linux_spawn_request *request, const char *score)
{
    return request->oom_file < 0 || pwrite(request->oom_file, score, strlen(score), 0) > 0;
}

static bool is_ignored(int signal)
{
    struct sigaction action;
    return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// The signals that the caller's process ignored when it first started a program, as bits; it may have inherited that.
static uint64_t ignored_signals(void)
{
    static _Atomic uint64_t known;
    uint64_t ignored = atomic_load(&known);
    if (ignored == 0) {
        // Bit 0 stands for no signal, and says that the others are known.
        ignored = 1;
        for (int number = 1; number < 64; number++)
            ignored |= (uint64_t)is_ignored(number) << number;
        atomic_store(&known, ignored);
    }
    return ignored;
}

/// Handlers would run in the caller's memory, so they go before the signals are let in again.
static void reset_signals(const struct spawn *spawn, uint64_t ignored)
{
    struct sigaction initial = {.sa_handler = SIG_DFL};
    if (spawn->has_default_handlers) {
        // What is ignored outlives both clone and exec. The caller may have begun to ignore this one only lately.
        for (int number = 1; number < 64; number++) {
            if (number == SIGPIPE || (ignored >> number & 1) != 0)
                (void)sigaction(number, &initial, NULL);
        }
    } else {
        for (int number = 1; number <= 64; number++)
            (void)sigaction(number, &initial, NULL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void execute(const struct linux_spawn_request *request)
{
    int error = ENOENT;
    for (char *const *candidate = request->candidates; *candidate != NULL; candidate++) {
        // What is not there is told much faster so: execve makes room for a new image before it looks.
        if (candidate[1] != NULL && access(*candidate, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
            continue;
        execve(*candidate, request->arguments, request->environment);
        if (errno == EACCES)
            error = EACCES;
        else if (errno != ENOENT && errno != ENOTDIR)
            return;
    }
    errno = error;
}

/// Never inlined: the waiting parent would find its own variables changed.
static __attribute__((noinline)) _Noreturn void run_child(struct spawn *spawn, uint64_t ignored)
{
    const struct linux_spawn_request *request = spawn->request;
    // The caller's, which waits: it is in danger no longer than the birth takes.
    if (!set_oom_score(request, request->oom_score_own))
        fail(spawn, LINUX_SPAWN_LIMIT);
    setsid();
    if (!attach_stdio(request))
        fail(spawn, LINUX_SPAWN_STDIO);
    if (syscall(SYS_close_range, 3U, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0)
        fail(spawn, LINUX_SPAWN_STDIO);
    if (request->held_directory > 0 ? fchdir(request->held_directory) != 0 : chdir(request->directory) != 0)
        fail(spawn, LINUX_SPAWN_DIRECTORY);
    if (!apply_limits(request))
        fail(spawn, LINUX_SPAWN_LIMIT);
    reset_signals(spawn, ignored);
    spawn->failure.error = 0;
    execute(request);
    fail(spawn, LINUX_SPAWN_EXEC);
}

/// As `vfork`, but born in the cgroup and with default handlers. The child never returns from here.
static __attribute__((noinline)) pid_t clone_child(struct spawn *spawn, uint64_t ignored)
{
    struct clone_args arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND;
    arguments.exit_signal = SIGCHLD;
    if (spawn->request->cgroup >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)spawn->request->cgroup;
    }
    spawn->has_default_handlers = true;
    long child = raw_clone3(&arguments, sizeof arguments);
    if (child == 0)
        run_child(spawn, ignored);
    if (child > 0)
        return (pid_t)child;
    errno = (int)-child;
    return -1;
}

static pid_t fork_child(struct spawn *spawn, uint64_t ignored)
{
    spawn->has_default_handlers = false;
    pid_t child = vfork();
    if (child == 0)
        run_child(spawn, ignored);
    return child;
}

pid_t linux_spawn(const struct linux_spawn_request *request, struct linux_spawn_failure *result)
{
    // What stands here if the child is killed before it can say anything.
    struct spawn spawn = {.request = request, .failure = {LINUX_SPAWN_FORK, ECHILD}};
    uint64_t ignored = ignored_signals();
    sigset_t all;
    sigset_t previous;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &previous);

    pid_t child = -1;
    if (set_oom_score(request, request->oom_score)) {
        child = clone_child(&spawn, ignored);
        // Refused by a filter on system calls, or unknown to the kernel.
        if (child < 0 && request->cgroup < 0 && (errno == ENOSYS || errno == EPERM || errno == EINVAL))
            child = fork_child(&spawn, ignored);
    }
    if (child < 0) {
        spawn.failure.error = errno;
        (void)set_oom_score(request, request->oom_score_own);
    }
    if (child > 0 && spawn.failure.error != 0) {
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
        }
        child = -1;
    }
    // The caller's thread mask; `sigprocmask` is per thread on Linux.
    sigprocmask(SIG_SETMASK, &previous, NULL);
    result->stage = spawn.failure.stage;
    result->error = spawn.failure.error;
    return child;
}
