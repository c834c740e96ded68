#define _GNU_SOURCE
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum step { STEP_SESSION, STEP_DESCRIPTORS, STEP_ACCOUNT, STEP_DEATH_SIGNAL, STEP_EXECUTE };

static const char *const step_names[] = {
    [STEP_SESSION] = "setsid",
    [STEP_DESCRIPTORS] = "dup2",
    [STEP_ACCOUNT] = "setresuid",
    [STEP_DEATH_SIGNAL] = "prctl",
    [STEP_EXECUTE] = "execve",
};

struct failure {
    int32_t step;
    int32_t error;
};

static void fail(int report, enum step step) {
    struct failure failure = {.step = step, .error = errno};
    ssize_t ignored = write(report, &failure, sizeof failure);
    (void)ignored;
    _exit(127);
}

static void reset_signals(void) {
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int signal = 1; signal < NSIG; signal++) {
        sigaction(signal, &standard, NULL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_on_execute_from(int first) {
    if (syscall(SYS_close_range, first, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
        return;
    }
    long limit = sysconf(_SC_OPEN_MAX);
    for (int descriptor = first; descriptor < limit; descriptor++) {
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    }
}

/// Runs between fork and exec: only async-signal-safe calls.
static void become(const supervise_child *child, pid_t parent, int input, int output, int handed, int report) {
    reset_signals();
    if (setsid() < 0) {
        fail(report, STEP_SESSION);
    }
    if (dup2(input, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0) {
        fail(report, STEP_DESCRIPTORS);
    }
    close_on_execute_from(STDERR_FILENO + 1);
    if (handed >= 0 && dup2(handed, SUPERVISE_HANDED_DESCRIPTOR) < 0) {
        fail(report, STEP_DESCRIPTORS);
    }
    if (child->switches_account
        && (setgroups(1, &child->group) < 0 || setresgid(child->group, child->group, child->group) < 0
            || setresuid(child->user, child->user, child->user) < 0)) {
        fail(report, STEP_ACCOUNT);
    }
    // After the change of account, which clears it.
    if (prctl(PR_SET_PDEATHSIG, child->death_signal) < 0) {
        fail(report, STEP_DEATH_SIGNAL);
    }
    // The parent may have died before the line above.
    if (getppid() != parent) {
        _exit(127);
    }
    umask(077);
    execve(child->path, child->arguments, child->environment);
    fail(report, STEP_EXECUTE);
}

/// A copy out of the way of the numbers that the child is going to fill.
static int moved(int descriptor) {
    return fcntl(descriptor, F_DUPFD_CLOEXEC, SUPERVISE_HANDED_DESCRIPTOR + 7);
}

static pid_t start(const supervise_child *child, const int descriptors[3], int reports[2], struct failure *failure) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        become(child, parent, descriptors[0], descriptors[1], descriptors[2], reports[1]);
    }
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(reports[1]);
    reports[1] = -1;
    if (pid < 0) {
        errno = error;
        return -1;
    }
    ssize_t got;
    do {
        got = read(reports[0], failure, sizeof *failure);
    } while (got < 0 && errno == EINTR);
    if (got != sizeof *failure) {
        return pid;
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
    errno = failure->error;
    return -1;
}

pid_t supervise_spawn(const supervise_child *child, const char **step) {
    *step = "fork";
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) < 0) {
        return -1;
    }
    int reports[2] = {moved(pair[0]), moved(pair[1])};
    close(pair[0]);
    close(pair[1]);
    int descriptors[3] = {moved(child->input), moved(child->output), child->handed < 0 ? -1 : moved(child->handed)};
    pid_t pid = -1;
    if (reports[0] < 0 || reports[1] < 0 || descriptors[0] < 0 || descriptors[1] < 0
        || (child->handed >= 0 && descriptors[2] < 0)) {
        *step = step_names[STEP_DESCRIPTORS];
    } else {
        struct failure failure = {.step = -1};
        pid = start(child, descriptors, reports, &failure);
        if (pid < 0 && failure.step >= 0) {
            *step = step_names[failure.step];
        }
    }
    int error = errno;
    int opened[5] = {reports[0], reports[1], descriptors[0], descriptors[1], descriptors[2]};
    for (int index = 0; index < 5; index++) {
        if (opened[index] >= 0) {
            close(opened[index]);
        }
    }
    errno = error;
    return pid;
}
