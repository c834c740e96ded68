#define _GNU_SOURCE
#include "linux_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int linux_loop_backs(const char *device, int file)
{
    struct stat status;
    if (fstat(file, &status) != 0) return -1;
    int descriptor = open(device, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    struct loop_info64 information;
    int result = ioctl(descriptor, LOOP_GET_STATUS64, &information);
    int error = errno;
    close(descriptor);
    if (result != 0) {
        errno = error;
        // Nothing is attached.
        return error == ENXIO ? 0 : -1;
    }
    return information.lo_inode == status.st_ino && information.lo_device == status.st_dev;
}

int linux_loop_attach(int file, char *path, size_t capacity)
{
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) return -1;
    int device = -1;
    for (int attempt = 0; attempt < 64 && device < 0; attempt++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) break;
        int length = snprintf(path, capacity, "/dev/loop%d", number);
        if (length < 0 || (size_t)length >= capacity) {
            errno = ENAMETOOLONG;
            break;
        }
        device = open(path, O_RDWR | O_CLOEXEC);
        if (device < 0) break;
        struct loop_config configuration;
        memset(&configuration, 0, sizeof configuration);
        configuration.fd = (unsigned)file;
        configuration.info.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO;
        if (ioctl(device, LOOP_CONFIGURE, &configuration) == 0) break;
        int error = errno;
        close(device);
        device = -1;
        errno = error;
        // Somebody else took it in between.
        if (error != EBUSY) break;
    }
    int error = errno;
    close(control);
    errno = error;
    return device;
}

int linux_mount_btrfs(const char *device, const char *target)
{
    return mount(device, target, "btrfs", MS_NOSUID | MS_NODEV | MS_NOATIME, NULL);
}

int linux_unmount(const char *target)
{
    return umount2(target, UMOUNT_NOFOLLOW);
}
