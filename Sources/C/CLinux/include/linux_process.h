#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Calls that glibc lacks, or declares in a form that Swift does not import. Each returns -1 and sets errno on failure.
int linux_pidfd_open(pid_t process);
int linux_pidfd_send_signal(int pidfd, int signal);

/// Closes every descriptor from `first` to `last`.
int linux_close_range(unsigned int first, unsigned int last);

/// Orphaned descendants become children of the caller.
int linux_become_subreaper(void);

/// The highest limit of file locks that the caller's children may have.
uint64_t linux_lock_limit(void);

/// Nobody but root may trace the caller or look into its memory, and it leaves no core.
int linux_become_opaque(void);

/// A descriptor that reads the given signals, which are blocked in the calling thread from now on.
int linux_signal_descriptor(const int *signals, size_t count);

/// Takes every pending signal off the descriptor.
void linux_drain_signals(int descriptor);

int linux_ignore_signal(int signal);

/// The decoded form of a wait status: an exit code, or minus the signal's number.
int linux_exit_code(int status);

/// Gives memory that nobody uses back to the system.
void linux_trim_memory(void);

/// Names the calling thread, with up to 15 bytes.
void linux_name_thread(const char *name);
