#define _GNU_SOURCE
#include "launch_box.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// What a box may not ask of the kernel. It has no capabilities either; the filter closes the calls through which an
// unprivileged process reaches young or rarely used kernel code, and those that act outside the box's namespaces.

#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif

static const int refused[] = {
    // Mounts, by the old and the new interface.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount,
    SYS_fspick, SYS_mount_setattr, SYS_open_tree_attr,
    // The machine.
    SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff, SYS_init_module, SYS_finit_module, SYS_delete_module,
    SYS_acct, SYS_quotactl, SYS_syslog, SYS_vhangup, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
    SYS_adjtimex,
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
#ifdef SYS_iopl
    SYS_iopl, SYS_ioperm, SYS_modify_ldt,
#endif
    // Kernel programs, observation of others, keys that no namespace holds apart.
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_fanotify_init,
    SYS_lookup_dcookie,
    // Ways around namespaces and mounts.
    SYS_setns, SYS_open_by_handle_at,
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
};

enum {
    // Every flag that makes a namespace; CLONE_NEWTIME shares its bit with clone's exit signal.
    NEW_NAMESPACES = 0x7e020000,
    NEW_TIME = 0x80,
    TERMINAL_INPUT = 0x5412,
    TERMINAL_LINUX = 0x541c,
    SOCKET_VSOCK = 40,
};

#if defined(__x86_64__)
#define NATIVE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE AUDIT_ARCH_AARCH64
#endif

#define REFUSE(number) (SECCOMP_RET_ERRNO | ((number) & SECCOMP_RET_DATA))
#define LOAD(field) \
    (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)__builtin_offsetof(struct seccomp_data, field))
#define RETURN(value) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (value))
#define JUMP(test, value, yes, no) (struct sock_filter) BPF_JUMP(BPF_JMP | (test) | BPF_K, (unsigned)(value), (yes), (no))

enum { MAXIMUM = 256 };

struct program {
    struct sock_filter code[MAXIMUM];
    size_t count;
};

static void add(struct program *program, struct sock_filter instruction) {
    if (program->count < MAXIMUM) program->code[program->count++] = instruction;
}

/// When the loaded call is `number`: refuses it if the argument has one of the bits, or has exactly one of the values.
static void refuse_argument(
    struct program *program, int number, unsigned argument, bool bits, const unsigned *values, size_t count, int error
) {
    // Skips the load, one test and one answer per value, and the final permission.
    add(program, JUMP(BPF_JEQ, number, 0, (unsigned char)(2 + 2 * count)));
    // The low half: both architectures are little endian, and the kernel reads these arguments as 32 bits.
    unsigned offset = (unsigned)(__builtin_offsetof(struct seccomp_data, args) + 8 * argument);
    add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset));
    for (size_t index = 0; index < count; index++) {
        add(program, JUMP(bits ? BPF_JSET : BPF_JEQ, values[index], 0, 1));
        add(program, RETURN(REFUSE(error)));
    }
    add(program, RETURN(SECCOMP_RET_ALLOW));
}

ssize_t launch_filter(void *buffer, size_t capacity, int allows_clone3) {
    struct program program = {.count = 0};
    add(&program, LOAD(arch));
    add(&program, JUMP(BPF_JEQ, NATIVE, 1, 0));
    add(&program, RETURN(SECCOMP_RET_KILL_PROCESS));
    add(&program, LOAD(nr));
#if defined(__x86_64__)
    // The x32 numbers would walk past every test below.
    add(&program, JUMP(BPF_JGE, 0x40000000, 0, 1));
    add(&program, RETURN(SECCOMP_RET_KILL_PROCESS));
#endif
    if (!allows_clone3) {
        // The C library falls back to clone.
        add(&program, JUMP(BPF_JEQ, SYS_clone3, 0, 1));
        add(&program, RETURN(REFUSE(ENOSYS)));
    }

    const unsigned clone_flags[] = {NEW_NAMESPACES};
    const unsigned unshare_flags[] = {NEW_NAMESPACES | NEW_TIME};
    const unsigned requests[] = {TERMINAL_INPUT, TERMINAL_LINUX};
    const unsigned families[] = {SOCKET_VSOCK};
    refuse_argument(&program, SYS_clone, 0, true, clone_flags, 1, EPERM);
    refuse_argument(&program, SYS_unshare, 0, true, unshare_flags, 1, EPERM);
    refuse_argument(&program, SYS_ioctl, 1, false, requests, 2, EPERM);
    // Virtual machine sockets reach the hypervisor past every network namespace.
    refuse_argument(&program, SYS_socket, 0, false, families, 1, EAFNOSUPPORT);

    for (size_t index = 0; index < sizeof refused / sizeof refused[0]; index++) {
        add(&program, JUMP(BPF_JEQ, refused[index], 0, 1));
        add(&program, RETURN(REFUSE(EPERM)));
    }
    add(&program, RETURN(SECCOMP_RET_ALLOW));

    size_t size = program.count * sizeof program.code[0];
    if (program.count == MAXIMUM || size > capacity) return -1;
    memcpy(buffer, program.code, size);
    return (ssize_t)size;
}
