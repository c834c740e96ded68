#pragma once

#include <linux/sched.h>
#include <sys/syscall.h>

// Not part of the module: only launches and spawns make processes this way.

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif

#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

/// clone3 without the C library, so that it can be inlined: with CLONE_VM and CLONE_VFORK the child goes on below the frame
/// of the function that calls this, on the stack of the waiting caller, and must never return through it.
///
/// Returns the child's id, 0 in the child, or minus an errno.
static inline __attribute__((always_inline)) long raw_clone3(struct clone_args *arguments, size_t size)
{
#if defined(__x86_64__)
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_clone3), "D"(arguments), "S"(size) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long result __asm__("x0") = (long)arguments;
    register long length __asm__("x1") = (long)size;
    register long number __asm__("x8") = SYS_clone3;
    __asm__ volatile("svc 0" : "+r"(result) : "r"(length), "r"(number) : "memory");
    return result;
#else
#error "only x86_64 and aarch64"
#endif
}
