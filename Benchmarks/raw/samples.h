// Times of a raw part: one line of nanoseconds per repetition on standard output.
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline int64_t now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static inline _Noreturn void fail(const char *what, const char *why) {
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static inline int64_t *make_samples(int count) {
    int64_t *samples = calloc((size_t)count, sizeof *samples);
    if (samples == NULL) fail("samples", "out of memory");
    return samples;
}

static inline void print_samples(const int64_t *samples, int count) {
    for (int i = 0; i < count; i++) printf("%lld\n", (long long)samples[i]);
}

#endif
