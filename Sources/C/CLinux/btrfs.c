#define _GNU_SOURCE
#include "linux_btrfs.h"

#include <errno.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

int linux_is_btrfs(int descriptor)
{
    struct statfs information;
    if (fstatfs(descriptor, &information) != 0) return -1;
    return information.f_type == BTRFS_SUPER_MAGIC;
}

static int set_name(char *field, size_t capacity, const char *name)
{
    size_t length = strlen(name);
    if (length >= capacity) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(field, name, length + 1);
    return 0;
}

int linux_subvolume_create(int directory, const char *name)
{
    struct btrfs_ioctl_vol_args_v2 arguments;
    memset(&arguments, 0, sizeof arguments);
    if (set_name(arguments.name, sizeof arguments.name, name) != 0) return -1;
    return ioctl(directory, BTRFS_IOC_SUBVOL_CREATE_V2, &arguments);
}

int linux_subvolume_snapshot(int subvolume, int directory, const char *name, int read_only)
{
    struct btrfs_ioctl_vol_args_v2 arguments;
    memset(&arguments, 0, sizeof arguments);
    if (set_name(arguments.name, sizeof arguments.name, name) != 0) return -1;
    arguments.fd = subvolume;
    if (read_only) arguments.flags = BTRFS_SUBVOL_RDONLY;
    return ioctl(directory, BTRFS_IOC_SNAP_CREATE_V2, &arguments);
}

int linux_subvolume_destroy(int directory, const char *name)
{
    struct btrfs_ioctl_vol_args arguments;
    memset(&arguments, 0, sizeof arguments);
    if (set_name(arguments.name, sizeof arguments.name, name) != 0) return -1;
    return ioctl(directory, BTRFS_IOC_SNAP_DESTROY, &arguments);
}

int linux_clone_file(int target, int source)
{
    return ioctl(target, FICLONE, source);
}
