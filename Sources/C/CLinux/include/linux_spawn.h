#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum linux_resource {
    LINUX_ADDRESS_SPACE = 0,
    LINUX_PROCESSES = 1,
    LINUX_OPEN_FILES = 2,
    /// Has not been looked at since Linux 2.4, and is inherited.
    LINUX_FILE_LOCKS = 3,
};

/// A resource limit that a new process starts with.
struct linux_limit {
    enum linux_resource resource;
    uint64_t value;
};

/// What a new process is given.
struct linux_spawn_request {
    /// Paths that are tried in turn, as `execvp` does; ends with a null pointer.
    char *const *candidates;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    /// An open directory that is taken instead, or 0.
    int held_directory;
    /// Become 0, 1 and 2; all of them at least 3. Not looked at when there is a terminal.
    int input;
    int output;
    int error;
    /// Path of a terminal's slave side, or null.
    const char *terminal;
    const struct linux_limit *limits;
    size_t limit_count;
    /// A cgroup2 directory that the process is born in, or -1.
    int cgroup;
    /// The caller's own `oom_score_adj`, open for writing, or -1; then the process begins with `oom_score` in it, and the
    /// caller goes on with `oom_score_own`.
    int oom_file;
    const char *oom_score;
    const char *oom_score_own;
};

enum linux_spawn_stage {
    /// No process was made, or (ECHILD) it was killed before it could do anything: Linux kills what is born into another
    /// cgroup than its parent's when one of the two was killed before.
    LINUX_SPAWN_FORK = 0,
    LINUX_SPAWN_STDIO = 1,
    LINUX_SPAWN_LIMIT = 2,
    LINUX_SPAWN_DIRECTORY = 3,
    LINUX_SPAWN_EXEC = 4,
};

struct linux_spawn_failure {
    int stage;
    int error;
};

/// Starts a process as leader of a session of its own, with default signals, an empty signal mask and no descriptor above 2.
///
/// Like `posix_spawn` the child borrows the caller's memory until it has called exec, so the cost does not grow with the caller.
/// Unlike it, a failure says which step failed, limits can be set, and the process can be born in a cgroup, for which there is
/// no way around `clone3`.
/// Returns the process id, or -1 with the failure filled in; then there is nothing to wait for.
pid_t linux_spawn(const struct linux_spawn_request *request, struct linux_spawn_failure *failure);
