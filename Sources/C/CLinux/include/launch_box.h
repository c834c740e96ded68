#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Where a launch failed.
enum launch_step {
    LAUNCH_STARTED = 0,
    /// No child was made, or (ECHILD) it was killed before it could do anything. The latter befalls children born into
    /// a cgroup that was killed before, or from one that was: Linux compares the two cgroups' kill counters.
    LAUNCH_CLONE,
    LAUNCH_USER_MAP,
    LAUNCH_PROPAGATION,
    LAUNCH_SOURCE,
    LAUNCH_STAGE,
    LAUNCH_MAPPING,
    LAUNCH_OVERLAY,
    LAUNCH_BIND,
    LAUNCH_LIMITS,
    LAUNCH_IDENTITY,
    LAUNCH_DESCRIPTORS,
    LAUNCH_EXEC,
};

/// A host path shown read-only in the box; the target exists in a layer.
struct launch_bind {
    const char *source;
    const char *target;
};

/// Everything that a launch needs, prepared by the caller: nothing is allocated between clone and exec.
struct launch_request {
    /// The box's directory; relative layer paths start there, and the overlay is mounted on its directory `mount`.
    const char *directory;
    /// Options of the overlay, or NULL when `plain_root` is used.
    const char *overlay_options;
    /// A writable directory that serves as the root where overlays are refused.
    const char *plain_root;
    /// A user namespace through which files are seen, from `launch_user_mapping`, or -1.
    int mapping;
    /// What is seen through it, relative to `directory`: what the overlay's options name. A plain root is, in any case.
    char *const *mapped;
    size_t mapped_count;
    const struct launch_bind *binds;
    size_t bind_count;
    /// The program of pid 1, shown as `/tmp/init` to bubblewrap.
    const char *init;
    /// An own user namespace around everything, for callers that are not root.
    int user_namespace;
    /// Who the box is on the host.
    uid_t uid;
    gid_t gid;
    /// Processes and threads of this user; 0 leaves the limit alone.
    uint64_t process_limit;
    /// Descriptor of the cgroup2 directory to be born in, or -1.
    int cgroup;
    /// Descriptors that become 3, 4, 5, 6 and, unless it is -1, 7: listening socket, filter, information, barrier, the cgroup
    /// directory that belongs to the box's user; 1 and 2 are the log.
    int listener;
    int filter;
    int information;
    int barrier;
    int delegated;
    int log;
    /// Receives the new process's own line of `/proc/self/stat`, so that a successor finds it.
    int birth;
    const char *program;
    char *const *arguments;
    char *const *environment;
    /// Set up the mounts, then exit with success instead of starting the program.
    int probe_only;
};

struct launch_outcome {
    pid_t pid;
    int pidfd;
    /// An `enum launch_step`; anything but `LAUNCH_STARTED` is a failure.
    int step;
    int error;
};

/// The most host paths that one launch shows.
enum { LAUNCH_MAXIMUM_BINDS = 64 };

/// Starts a box in mount namespaces of its own and returns once bubblewrap runs; the host's mount table never changes.
///
/// Blocks for the time of a few mounts. Returns 0, or -1 with `step` and `error` set.
int launch_box(const struct launch_request *request, struct launch_outcome *outcome);

/// Writes the default system call filter of a box as a classic BPF program; returns its size in bytes, or -1 when the
/// buffer is too small.
///
/// `clone3` hides its flags from filters, so it may be allowed only where new user namespaces are refused otherwise: every
/// other namespace needs capabilities, which a box does not have.
ssize_t launch_filter(void *buffer, size_t capacity, int allows_clone3);

/// A user namespace for mounts on which the files of one user and group appear as another's, and the other's as the first's.
///
/// Returns its descriptor, or -1 with errno. Needs root; takes a fraction of a millisecond.
int launch_user_mapping(uint32_t stored, uint32_t shown);

/// Reaps the process of a descriptor if it is an ended child of ours; 1 when it was, 0 when it still runs, -1 when it is
/// not ours.
int launch_pidfd_reap(int pidfd);

/// Has two paths change places in one step; 0, or -1 with errno.
int launch_exchange(const char *one, const char *other);

/// A listening Unix socket `name` in the directory of a descriptor, with mode 0600; the path's length does not matter.
int launch_listen(int directory, const char *name);
