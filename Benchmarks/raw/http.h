// HTTP/1.1 as a client needs it here: connections, requests from files, and answers taken apart as they come.
#ifndef HTTP_H
#define HTTP_H

#ifndef _GNU_SOURCE
#error "_GNU_SOURCE comes first"
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "samples.h"

enum { request_limit = 65536, head_limit = 16384 };

typedef struct {
    char *head;
    char *body;
} Request;

// Reads a head without Content-Length, an empty line and a body.
static inline void read_request(const char *path, Request *request) {
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path, strerror(errno));
    char *text = calloc(1, request_limit);
    if (text == NULL) fail(path, "out of memory");
    if (fread(text, 1, request_limit - 1, file) == request_limit - 1) fail(path, "is too long");
    fclose(file);
    char *blank = strstr(text, "\n\n");
    if (blank == NULL) fail(path, "has no empty line");
    *blank = 0;
    request->head = text;
    request->body = blank + 2;
}

static inline int connect_tcp(const char *host, const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1) fail(host, "is not an IPv4 address");
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0 || connect(made, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("connect", strerror(errno));
    int on = 1;
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return made;
}

static inline void send_all(int connection, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(connection, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) fail("send", strerror(errno));
        bytes += sent;
        count -= (size_t)sent;
    }
}

typedef enum { in_head, in_body, in_size, in_chunk, in_trailer, is_over } Phase;

// An answer so far. All zero before the first byte.
typedef struct {
    Phase phase;
    int status;
    // Of the body, or of its chunk.
    uint64_t left;
    size_t filled;
    // The head; later a line between chunks.
    char line[head_limit];
} Answer;

// The value of a header, or NULL.
static inline const char *header(const Answer *answer, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strchr(answer->line, '\n'); line != NULL; line = strchr(line + 1, '\n'))
        if (strncasecmp(line + 1, name, length) == 0 && line[1 + length] == ':')
            return line + 2 + length + strspn(line + 2 + length, " ");
    return NULL;
}

static inline void head_ended(Answer *answer) {
    answer->status = atoi(answer->line + strcspn(answer->line, " "));
    const char *length = header(answer, "content-length"), *coding = header(answer, "transfer-encoding");
    if (coding != NULL && strncasecmp(coding, "chunked", 7) == 0)
        answer->phase = in_size;
    else if (length != NULL)
        answer->phase = (answer->left = strtoull(length, NULL, 10)) > 0 ? in_body : is_over;
    else if (answer->status == 204 || answer->status == 304 || answer->status < 200)
        answer->phase = is_over;
    else
        fail("answer", "has neither a length nor chunks");
}

static inline void line_ended(Answer *answer) {
    if (answer->phase == in_trailer) {
        if (answer->line[0] == '\r' || answer->line[0] == '\n') answer->phase = is_over;
    } else if (answer->line[0] != '\r') {
        // Not the end of the line after a chunk, so the length of the next one.
        char *end;
        answer->left = strtoull(answer->line, &end, 16);
        if (end == answer->line) fail("chunk", "has no length");
        answer->phase = answer->left > 0 ? in_chunk : in_trailer;
    }
}

// Takes some of the bytes and returns how many. What of them belongs to the body is then at `piece`.
static inline size_t take(Answer *answer, const char *bytes, size_t count, const char **piece, size_t *length) {
    *length = 0;
    if (answer->phase == is_over) return 0;
    if (answer->phase == in_body || answer->phase == in_chunk) {
        *piece = bytes;
        *length = count < answer->left ? count : (size_t)answer->left;
        answer->left -= *length;
        if (answer->left == 0) answer->phase = answer->phase == in_chunk ? in_size : is_over;
        return *length;
    }
    const char *end = memchr(bytes, '\n', count);
    size_t taken = end == NULL ? count : (size_t)(end - bytes) + 1;
    if (answer->filled + taken >= head_limit) fail("answer", "has too long a line");
    memcpy(answer->line + answer->filled, bytes, taken);
    answer->filled += taken;
    answer->line[answer->filled] = 0;
    if (end == NULL) return taken;
    if (answer->phase != in_head)
        line_ended(answer);
    else if (answer->filled >= 4 && memcmp(answer->line + answer->filled - 4, "\r\n\r\n", 4) == 0)
        head_ended(answer);
    else
        return taken;
    answer->filled = 0;
    return taken;
}

#endif
