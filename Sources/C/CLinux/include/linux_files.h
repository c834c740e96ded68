#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Parts of the file interface that the Glibc module does not export. Each returns -1 and sets errno on failure.
ssize_t linux_list_attributes(int descriptor, char *names, size_t capacity);
ssize_t linux_get_attribute(int descriptor, const char *name, void *value, size_t capacity);
int linux_set_attribute(int descriptor, const char *name, const void *value, size_t size);

/// Where data begins at or after a position, ENXIO when none does; and where it ends.
int64_t linux_seek_data(int descriptor, int64_t position);
int64_t linux_seek_hole(int descriptor, int64_t position);

/// Copies bytes from one file to the same place in another; returns how many, 0 at the end.
ssize_t linux_copy_range(int source, int target, int64_t position, size_t count);

/// O_PATH, for handles that name a file and do not open it.
enum { LINUX_OPEN_HANDLE = 010000000 };

/// Opens a relative path without creating it, resolved by the kernel so that nothing on the way leads out of the directory, be it a
/// link, `..`, or a rename meanwhile: EXDEV when something does.
int linux_open_beneath(int directory, const char *path, int flags);
