// One chunk as a line of JSON. Its text goes to the sink as it is taken apart; of the rest what is checked is kept.
#ifndef CHUNK_LINE_H
#define CHUNK_LINE_H

#include "sink.h"

typedef struct {
    uint64_t sequence;
    char type[16];
    // How many bytes of its stream came before, and whether it says so.
    uint64_t offset;
    int has_text;
    // Of an exit.
    uint64_t exit_code;
    char code[32];
} ChunkLine;

typedef struct {
    const char *at, *end;
    ChunkLine *chunk;
    Sink *sink;
} Scanner;

static inline _Noreturn void bad_line(const char *why) { fail("a line of the answer", why); }

// The next quotation mark or backslash.
static inline const char *next_special(const char *at, const char *end) {
    typedef uint8_t Block __attribute__((vector_size(16)));
    for (; end - at >= (int)sizeof(Block); at += sizeof(Block)) {
        Block block;
        uint64_t words[2];
        memcpy(&block, at, sizeof block);
        Block hits = (Block)((block == (uint8_t)'\\') | (block == (uint8_t)'"'));
        memcpy(words, &hits, sizeof words);
        if (words[0] != 0) return at + __builtin_ctzll(words[0]) / 8;
        if (words[1] != 0) return at + 8 + __builtin_ctzll(words[1]) / 8;
    }
    while (at < end && *at != '\\' && *at != '"') at++;
    return at;
}

static inline unsigned hex4(const char *digits, const char *end) {
    if (end - digits < 4) bad_line("ends in an escape");
    char text[5] = {digits[0], digits[1], digits[2], digits[3], 0}, *rest;
    unsigned value = (unsigned)strtoul(text, &rest, 16);
    if (*rest != 0) bad_line("has a bad escape");
    return value;
}

static inline size_t utf8(unsigned code, char *out) {
    if (code < 0x80) return out[0] = (char)code, 1;
    if (code < 0x800) return out[0] = (char)(0xC0 | code >> 6), out[1] = (char)(0x80 | (code & 63)), 2;
    size_t length = code < 0x10000 ? 3 : 4;
    out[0] = (char)((length == 3 ? 0xE0 : 0xF0) | code >> 6 * (length - 1));
    for (size_t i = 1; i < length; i++) out[i] = (char)(0x80 | (code >> 6 * (length - 1 - i) & 63));
    return length;
}

// Behind the backslash.
static inline void take_escape(Scanner *scanner) {
    if (scanner->at == scanner->end) bad_line("ends in an escape");
    static const char names[] = "nrtbf\"\\/", values[] = "\n\r\t\b\f\"\\/";
    char kind = *scanner->at++, bytes[4];
    const char *name = kind == 0 ? NULL : strchr(names, kind);
    if (name != NULL) return take_bytes(scanner->sink, &values[name - names], 1);
    if (kind != 'u') bad_line("has a bad escape");
    unsigned code = hex4(scanner->at, scanner->end);
    scanner->at += 4;
    if (code >= 0xD800 && code < 0xDC00 && scanner->end - scanner->at >= 6) {
        code = 0x10000 + ((code - 0xD800) << 10) + (hex4(scanner->at + 2, scanner->end) - 0xDC00);
        scanner->at += 6;
    }
    take_bytes(scanner->sink, bytes, utf8(code, bytes));
}

// From behind a quotation mark to behind the next one. Without a sink the text is passed over.
static inline void take_text(Scanner *scanner, int keep) {
    for (;;) {
        const char *found = next_special(scanner->at, scanner->end);
        if (found == scanner->end) bad_line("ends in a text");
        if (keep && found > scanner->at) take_bytes(scanner->sink, scanner->at, (size_t)(found - scanner->at));
        scanner->at = found + 1;
        if (*found == '"') return;
        if (keep)
            take_escape(scanner);
        else if (scanner->at++ == scanner->end)
            bad_line("ends in an escape");
    }
}

static inline void short_text(Scanner *scanner, char *out, size_t room) {
    const char *began = ++scanner->at;
    take_text(scanner, 0);
    snprintf(out, room, "%.*s", (int)(scanner->at - 1 - began), began);
}

static inline void take_object(Scanner *scanner, int depth);

static inline void take_value(Scanner *scanner, const char *key, int depth) {
    ChunkLine *chunk = scanner->chunk;
    char kind = *scanner->at;
    if (kind == '{') return take_object(scanner, depth + 1);
    if (kind == '"') {
        if (depth == 1 && strcmp(key, "type") == 0) return short_text(scanner, chunk->type, sizeof chunk->type);
        if (depth == 2 && strcmp(key, "code") == 0) return short_text(scanner, chunk->code, sizeof chunk->code);
        if (depth == 2 && strcmp(key, "base64") == 0) bad_line("has bytes where text was written");
        chunk->has_text |= depth == 2 && strcmp(key, "text") == 0;
        scanner->at++;
        return take_text(scanner, depth == 2 && strcmp(key, "text") == 0);
    }
    uint64_t number = strtoull(scanner->at, NULL, 10);
    if (depth == 1 && strcmp(key, "seq") == 0) chunk->sequence = number;
    if (depth == 2 && strcmp(key, "offset") == 0) chunk->offset = number;
    if (depth == 2 && strcmp(key, "exitCode") == 0) chunk->exit_code = kind == 'n' ? UINT64_MAX : number;
    while (scanner->at < scanner->end && *scanner->at != ',' && *scanner->at != '}') scanner->at++;
}

static inline void take_object(Scanner *scanner, int depth) {
    do {
        char key[24];
        scanner->at++;
        if (scanner->at < scanner->end && *scanner->at == '}') break;
        if (scanner->at >= scanner->end || *scanner->at != '"') bad_line("is no object");
        short_text(scanner, key, sizeof key);
        if (scanner->at + 1 >= scanner->end || *scanner->at++ != ':') bad_line("has a name without a value");
        take_value(scanner, key, depth);
    } while (scanner->at < scanner->end && *scanner->at == ',');
    if (scanner->at >= scanner->end || *scanner->at++ != '}') bad_line("ends early");
}

static inline ChunkLine take_line(const char *line, size_t length, Sink *sink) {
    ChunkLine chunk = {0};
    Scanner scanner = {.at = line, .end = line + length, .chunk = &chunk, .sink = sink};
    if (length == 0 || *line != '{') bad_line("is no object");
    take_object(&scanner, 1);
    return chunk;
}

#endif
