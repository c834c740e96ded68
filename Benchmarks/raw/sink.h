// Holds what arrives against what should: a file again and again, or lines that say when they were written.
#ifndef SINK_H
#define SINK_H

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "samples.h"

typedef struct {
    // The file; NULL when lines are expected.
    char *pattern;
    size_t pattern_length;
    size_t pattern_at;
    uint64_t taken;
    uint64_t pieces;
    int64_t first, last;
    // When the bytes at hand arrived.
    int64_t arrived;
    size_t filled;
    char line[64];
    int64_t *lags;
    size_t lags_count, lags_room;
} Sink;

// `what` is the file's path, or "ticks".
static inline void open_sink(Sink *sink, const char *what) {
    *sink = (Sink){0};
    if (strcmp(what, "ticks") == 0) return;
    FILE *file = fopen(what, "r");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) fail(what, strerror(errno));
    sink->pattern_length = (size_t)ftell(file);
    rewind(file);
    sink->pattern = malloc(sink->pattern_length + 1);
    if (sink->pattern == NULL || fread(sink->pattern, 1, sink->pattern_length, file) != sink->pattern_length)
        fail(what, "cannot be read");
    fclose(file);
}

// A line is  <number> <nanoseconds>
static inline void take_tick(Sink *sink) {
    sink->line[sink->filled] = 0;
    char *rest;
    if (strtoull(sink->line, &rest, 10) != sink->lags_count || *rest != ' ')
        fail("a line is not the next one", sink->line);
    if (sink->lags_count == sink->lags_room) {
        sink->lags_room = sink->lags_room * 2 + 1024;
        sink->lags = realloc(sink->lags, sink->lags_room * sizeof *sink->lags);
        if (sink->lags == NULL) fail("lines", "out of memory");
    }
    sink->lags[sink->lags_count++] = sink->arrived - strtoll(rest, NULL, 10);
    sink->filled = 0;
}

static inline void take_bytes(Sink *sink, const char *bytes, size_t count) {
    if (sink->first == 0) sink->first = sink->arrived;
    while (sink->pattern != NULL && count > 0) {
        size_t room = sink->pattern_length - sink->pattern_at, length = count < room ? count : room;
        if (memcmp(bytes, sink->pattern + sink->pattern_at, length) != 0)
            fail("bytes", "are not those that were written");
        bytes += length;
        count -= length;
        sink->taken += length;
        sink->pattern_at = length < room ? sink->pattern_at + length : 0;
    }
    for (; count > 0; bytes++, count--, sink->taken++) {
        if (*bytes == '\n')
            take_tick(sink);
        else if (sink->filled + 1 < sizeof sink->line)
            sink->line[sink->filled++] = *bytes;
        else
            fail("a line", "is too long");
    }
}

// Prints  bytes, pieces, first, last, processor  and the lags, a word and a number each.
static inline void print_sink(const Sink *sink) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    int64_t processor = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000LL +
        (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL;
    printf("bytes %llu\npieces %llu\n", (unsigned long long)sink->taken, (unsigned long long)sink->pieces);
    printf("first %lld\nlast %lld\n", (long long)sink->first, (long long)sink->last);
    printf("processor %lld\n", (long long)processor);
    for (size_t i = 0; i < sink->lags_count; i++) printf("lag %lld\n", (long long)sink->lags[i]);
}

#endif
