#pragma once

#include <stdbool.h>
#include <sys/types.h>

/// The number under which a child finds the directory that it was handed.
#define SUPERVISE_HANDED_DESCRIPTOR 3

/// How a supervised child starts. Pointers stay the caller's.
typedef struct {
    const char *path;
    char *const *arguments;
    char *const *environment;
    /// Becomes the child's standard input.
    int input;
    /// Becomes the child's standard output and standard error.
    int output;
    /// Kept as SUPERVISE_HANDED_DESCRIPTOR; -1 for none.
    int handed;
    /// Sent by the kernel when the thread that started the child ends.
    int death_signal;
    /// Whether the child drops to `user` and `group`, without supplementary groups.
    bool switches_account;
    uid_t user;
    gid_t group;
} supervise_child;

/// Starts a child in a session of its own and returns its pid.
///
/// On failure returns -1 with errno of the step that failed; `*step` then names that step (a string constant).
/// The kernel ties `death_signal` to the calling *thread*, so call this on one that lives as long as the child.
pid_t supervise_spawn(const supervise_child *child, const char **step);
