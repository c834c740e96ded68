#pragma once

#include <stddef.h>

/// Whether the loop device at a path reads this very file: 1, 0, or -1 when it cannot be asked.
int linux_loop_backs(const char *device, int file);

/// Attaches a file to a free loop device that lets go of it with its last user. Returns the open device and writes its
/// path, or -1 with errno.
int linux_loop_attach(int file, char *path, size_t capacity);

/// Mounts the btrfs on a device. -1 with errno on failure.
int linux_mount_btrfs(const char *device, const char *target);

/// -1 with errno on failure, EBUSY while somebody uses it.
int linux_unmount(const char *target);
