#define _GNU_SOURCE
#include "linux_files.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/xattr.h>
#include <unistd.h>

ssize_t linux_list_attributes(int descriptor, char *names, size_t capacity)
{
    return flistxattr(descriptor, names, capacity);
}

ssize_t linux_get_attribute(int descriptor, const char *name, void *value, size_t capacity)
{
    return fgetxattr(descriptor, name, value, capacity);
}

int linux_set_attribute(int descriptor, const char *name, const void *value, size_t size)
{
    return fsetxattr(descriptor, name, value, size, 0);
}

int64_t linux_seek_data(int descriptor, int64_t position)
{
    return lseek(descriptor, position, SEEK_DATA);
}

int64_t linux_seek_hole(int descriptor, int64_t position)
{
    return lseek(descriptor, position, SEEK_HOLE);
}

ssize_t linux_copy_range(int source, int target, int64_t position, size_t count)
{
    off_t from = position, into = position;
    ssize_t copied = copy_file_range(source, &from, target, &into, count, 0);
    if (copied >= 0 || (errno != EXDEV && errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS)) return copied;
    // Between file systems, where the kernel cannot do it at once.
    if (lseek(target, position, SEEK_SET) < 0) return -1;
    from = position;
    return sendfile(target, source, &from, count);
}
