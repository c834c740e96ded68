#define _GNU_SOURCE
#include "launch_box.h"

#include "clone3.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The child shares the caller's memory until it executes, as with vfork: no page tables are copied, and a failure is
// told by storing it. So it calls nothing that allocates or locks, and changes ids by raw system calls, because the C
// library's wrappers would change them in every thread of the parent.

static const char stage[] = "/tmp";
static const char stage_root[] = "/tmp/root";
static const char stage_init[] = "/tmp/init";

struct launch {
    const struct launch_request *request;
    struct launch_outcome *outcome;
    uid_t caller_uid;
    gid_t caller_gid;
    int sources[LAUNCH_MAXIMUM_BINDS];
    int init;
    int root;
};

static _Noreturn void give_up(const struct launch *launch, enum launch_step step) {
    launch->outcome->error = errno;
    launch->outcome->step = step;
    syscall(SYS_exit_group, 127);
    __builtin_unreachable();
}

static int write_file(const char *path, const char *text) {
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    ssize_t length = (ssize_t)strlen(text);
    ssize_t written = write(descriptor, text, (size_t)length);
    int error = errno;
    close(descriptor);
    errno = error;
    return written == length ? 0 : -1;
}

/// Writes "id id 1" without the formatted printing family, which may allocate.
static void self_map(char *buffer, unsigned id) {
    char digits[12];
    size_t count = 0;
    do digits[count++] = (char)('0' + id % 10);
    while ((id /= 10) > 0);
    char *out = buffer;
    for (int twice = 0; twice < 2; twice++) {
        for (size_t index = count; index > 0; index--) *out++ = digits[index - 1];
        *out++ = ' ';
    }
    *out++ = '1';
    *out = 0;
}

static void map_user(const struct launch *launch) {
    char map[32];
    if (write_file("/proc/self/setgroups", "deny") != 0) give_up(launch, LAUNCH_USER_MAP);
    self_map(map, launch->caller_uid);
    if (write_file("/proc/self/uid_map", map) != 0) give_up(launch, LAUNCH_USER_MAP);
    self_map(map, launch->caller_gid);
    if (write_file("/proc/self/gid_map", map) != 0) give_up(launch, LAUNCH_USER_MAP);
}

/// Shows the files of the user that they are stored under as the box's.
static int map_owner(const struct launch_request *request, int tree) {
    if (request->mapping < 0) return 0;
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)request->mapping};
    return mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes);
}

/// Takes hold of everything before anything is mounted over the paths that lead to it.
static void open_sources(struct launch *launch) {
    const struct launch_request *request = launch->request;
    if (chdir(request->directory) != 0) give_up(launch, LAUNCH_SOURCE);
    unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
    for (size_t index = 0; index < request->bind_count; index++) {
        launch->sources[index] = open_tree(AT_FDCWD, request->binds[index].source, flags);
        if (launch->sources[index] < 0) give_up(launch, LAUNCH_SOURCE);
    }
    launch->init = open_tree(AT_FDCWD, request->init, flags);
    if (launch->init < 0) give_up(launch, LAUNCH_SOURCE);
    if (request->overlay_options != NULL) {
        for (size_t index = 0; index < request->mapped_count; index++) {
            // Over itself, in this namespace only: the overlay's options go on naming it.
            int tree = open_tree(AT_FDCWD, request->mapped[index], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
            if (tree < 0 || map_owner(request, tree) != 0
                || move_mount(tree, "", AT_FDCWD, request->mapped[index], MOVE_MOUNT_F_EMPTY_PATH) != 0) {
                give_up(launch, LAUNCH_MAPPING);
            }
        }
        if (mount("overlay", "mount", "overlay", MS_NOSUID | MS_NODEV, request->overlay_options) != 0) {
            give_up(launch, LAUNCH_OVERLAY);
        }
        launch->root = open("mount", O_PATH | O_DIRECTORY | O_CLOEXEC);
    } else {
        launch->root = open_tree(AT_FDCWD, request->plain_root, flags);
        if (launch->root >= 0 && map_owner(request, launch->root) != 0) give_up(launch, LAUNCH_MAPPING);
    }
    if (launch->root < 0) give_up(launch, LAUNCH_OVERLAY);
}

static int attach_read_only(int source, int target) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    if (mount_setattr(source, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0) return -1;
    return move_mount(source, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/// Assembles the root on a small private tmpfs, whose path any user may walk, whatever leads to the data directory.
static void mount_root(struct launch *launch) {
    const struct launch_request *request = launch->request;
    if (mount("tmpfs", stage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64k,nr_inodes=16") != 0
        || mkdir(stage_root, 0755) != 0) {
        give_up(launch, LAUNCH_STAGE);
    }
    int init_target = open(stage_init, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    if (init_target < 0 || attach_read_only(launch->init, init_target) != 0) give_up(launch, LAUNCH_STAGE);

    if (move_mount(launch->root, "", AT_FDCWD, stage_root, MOVE_MOUNT_F_EMPTY_PATH) != 0) {
        give_up(launch, LAUNCH_OVERLAY);
    }
    int root = open(stage_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) give_up(launch, LAUNCH_OVERLAY);
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    for (size_t index = 0; index < request->bind_count; index++) {
        // A symlink in a layer must not lead out of the box's root.
        int target = (int)syscall(SYS_openat2, root, request->binds[index].target, &how, sizeof how);
        if (target < 0 || attach_read_only(launch->sources[index], target) != 0) give_up(launch, LAUNCH_BIND);
    }
}

static void limit(const struct launch *launch) {
    struct rlimit core = {.rlim_cur = 0, .rlim_max = 0};
    if (setrlimit(RLIMIT_CORE, &core) != 0) give_up(launch, LAUNCH_LIMITS);
    if (launch->request->process_limit == 0) return;
    struct rlimit processes;
    if (getrlimit(RLIMIT_NPROC, &processes) != 0) give_up(launch, LAUNCH_LIMITS);
    rlim_t wanted = launch->request->process_limit;
    if (wanted > processes.rlim_max) wanted = processes.rlim_max;
    processes = (struct rlimit){.rlim_cur = wanted, .rlim_max = wanted};
    if (setrlimit(RLIMIT_NPROC, &processes) != 0) give_up(launch, LAUNCH_LIMITS);
}

static void drop_privileges(const struct launch *launch) {
    if (launch->request->user_namespace) return;
    gid_t gid = launch->request->gid;
    uid_t uid = launch->request->uid;
    if (syscall(SYS_setgroups, 0, NULL) != 0 || syscall(SYS_setresgid, gid, gid, gid) != 0
        || syscall(SYS_setresuid, uid, uid, uid) != 0) {
        give_up(launch, LAUNCH_IDENTITY);
    }
}

static void record_birth(const struct launch *launch) {
    if (launch->request->birth < 0) return;
    char line[1024];
    int descriptor = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) give_up(launch, LAUNCH_IDENTITY);
    ssize_t length = read(descriptor, line, sizeof line);
    close(descriptor);
    if (length <= 0 || write(launch->request->birth, line, (size_t)length) != length) {
        give_up(launch, LAUNCH_IDENTITY);
    }
}

/// Lays out the descriptors that bubblewrap and the box's first process expect; all others end at exec.
static void arrange_descriptors(const struct launch *launch) {
    const struct launch_request *request = launch->request;
    int wanted[8] = {-1, request->log, request->log, request->listener, request->filter, request->information,
                     request->barrier, request->delegated};
    int count = request->delegated < 0 ? 7 : 8;
    wanted[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int high[8];
    for (int index = 0; index < count; index++) {
        // Out of the way first, so that no target overwrites a source still needed.
        high[index] = fcntl(wanted[index], F_DUPFD_CLOEXEC, 16);
        if (high[index] < 0) give_up(launch, LAUNCH_DESCRIPTORS);
    }
    for (int index = 0; index < count; index++) {
        if (dup2(high[index], index) < 0) give_up(launch, LAUNCH_DESCRIPTORS);
    }
    if (syscall(SYS_close_range, count, ~0U, CLOSE_RANGE_CLOEXEC) != 0) give_up(launch, LAUNCH_DESCRIPTORS);
}

static void default_signals(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static __attribute__((noinline)) _Noreturn void child(struct launch *launch) {
    const struct launch_request *request = launch->request;
    default_signals();
    // Away from the caller's terminal and process group: its Ctrl-C is not for the box.
    setsid();
    umask(022);
    record_birth(launch);
    if (request->user_namespace) map_user(launch);
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0) give_up(launch, LAUNCH_PROPAGATION);
    open_sources(launch);
    mount_root(launch);
    limit(launch);
    if (request->probe_only) {
        launch->outcome->step = LAUNCH_STARTED;
        syscall(SYS_exit_group, 0);
        __builtin_unreachable();
    }
    drop_privileges(launch);
    arrange_descriptors(launch);
    launch->outcome->step = LAUNCH_STARTED;
    execve(request->program, request->arguments, request->environment);
    give_up(launch, LAUNCH_EXEC);
}

/// The child runs on below this frame, on the stack of the waiting caller, and never returns through it.
static __attribute__((noinline)) long clone_child(struct clone_args *arguments, struct launch *launch) {
    long pid = raw_clone3(arguments, sizeof *arguments);
    if (pid == 0) child(launch);
    return pid;
}

int launch_box(const struct launch_request *request, struct launch_outcome *outcome) {
    // What stands here if the child is killed before it can say anything.
    *outcome = (struct launch_outcome){.pid = -1, .pidfd = -1, .step = LAUNCH_CLONE, .error = ECHILD};
    struct launch launch = {
        .request = request, .outcome = outcome, .caller_uid = geteuid(), .caller_gid = getegid(), .init = -1};
    if (request->bind_count > LAUNCH_MAXIMUM_BINDS) {
        outcome->step = LAUNCH_SOURCE;
        outcome->error = E2BIG;
        return -1;
    }
    int pidfd = -1;
    struct clone_args arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_NEWNS;
    arguments.pidfd = (uint64_t)(uintptr_t)&pidfd;
    arguments.exit_signal = SIGCHLD;
    if (request->user_namespace) arguments.flags |= CLONE_NEWUSER;
    if (request->cgroup >= 0) {
        // Born there: moving a process later costs an RCU grace period, several milliseconds.
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)request->cgroup;
    }

    sigset_t all, previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    long pid = clone_child(&arguments, &launch);
    pthread_sigmask(SIG_SETMASK, &previous, NULL);
    if (pid < 0) {
        outcome->step = LAUNCH_CLONE;
        outcome->error = (int)-pid;
        return -1;
    }
    if (outcome->step != LAUNCH_STARTED || request->probe_only) {
        while (waitpid((pid_t)pid, NULL, 0) < 0 && errno == EINTR) {}
        close(pidfd);
        return outcome->step == LAUNCH_STARTED ? 0 : -1;
    }
    outcome->pid = (pid_t)pid;
    outcome->pidfd = pidfd;
    return 0;
}
