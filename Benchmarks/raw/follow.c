// Follows one process's output as lines of JSON to its end, and checks every byte, number and offset:
//
//   follow <host> <port> <request file> <the file that is written again and again, or "ticks">
//
// Prints what sink.h says; pieces are the chunks of output.
#define _GNU_SOURCE
#include "chunk_line.h"
#include "http.h"

enum { receive_size = 1 << 20, line_limit = 4 << 20 };

static uint64_t last_sequence;
static int has_ended;

static void take_chunk(const char *line, size_t length, Sink *sink) {
    uint64_t before = sink->taken;
    ChunkLine chunk = take_line(line, length, sink);
    if (strcmp(chunk.type, "heartbeat") == 0) return;
    if (chunk.sequence != ++last_sequence) fail("chunks", "are not numbered without holes");
    if (has_ended) fail("chunks", "go on after the end");
    if (strcmp(chunk.type, "error") == 0) fail("the process ended", chunk.code);
    if (strcmp(chunk.type, "stderr") == 0) fail("the process", "wrote an error");
    if (chunk.has_text != (strcmp(chunk.type, "stdout") == 0)) fail("text", "where none belongs");
    if (chunk.has_text) {
        sink->pieces++;
        if (chunk.offset != before) fail("offset", "is not what came before");
    }
    if (strcmp(chunk.type, "exit") != 0) return;
    has_ended = 1;
    if (chunk.exit_code != 0) fail("the process", "did not exit with 0");
}

// Takes whole lines and moves the rest to the front; returns its length. No line ends before `seen`.
static size_t take_lines(char *lines, size_t filled, size_t seen, Sink *sink) {
    size_t began = 0;
    for (char *end; (end = memchr(lines + seen, '\n', filled - seen)) != NULL;) {
        take_chunk(lines + began, (size_t)(end - lines) - began, sink);
        began = seen = (size_t)(end - lines) + 1;
    }
    memmove(lines, lines + began, filled - began);
    return filled - began;
}

static void send_request(int connection, const char *path) {
    Request request;
    read_request(path, &request);
    size_t length = strlen(request.head);
    char *text = malloc(2 * request_limit), *out = text;
    if (text == NULL) fail("request", "out of memory");
    for (size_t i = 0; i < length; i++) {
        if (request.head[i] == '\n') *out++ = '\r';
        *out++ = request.head[i];
    }
    memcpy(out, "\r\n\r\n", 4);
    send_all(connection, text, (size_t)(out + 4 - text));
    free(text);
}

int main(int argc, char **argv) {
    if (argc != 5) fail("usage", "follow <host> <port> <request file> <file or ticks>");
    static Sink sink;
    static Answer answer;
    open_sink(&sink, argv[4]);
    char *received = malloc(receive_size), *lines = malloc(line_limit);
    if (received == NULL || lines == NULL) fail("buffers", "out of memory");
    size_t filled = 0;
    int connection = connect_tcp(argv[1], argv[2]);
    struct timeval limit = {.tv_sec = 60};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    send_request(connection, argv[3]);
    while (answer.phase != is_over) {
        ssize_t count = recv(connection, received, receive_size, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("receive", errno == EAGAIN ? "nothing for 60 s" : strerror(errno));
        if (count == 0) fail("receive", "the answer was cut short");
        sink.arrived = now_ns();
        for (size_t used = 0; used < (size_t)count && answer.phase != is_over;) {
            const char *piece;
            size_t length;
            used += take(&answer, received + used, (size_t)count - used, &piece, &length);
            if (filled + length > line_limit) fail("a line of the answer", "is too long");
            if (length == 0) continue;
            memcpy(lines + filled, piece, length);
            filled += length;
            if (answer.status == 200) filled = take_lines(lines, filled, filled - length, &sink);
        }
    }
    if (answer.status != 200) {
        lines[filled < line_limit ? filled : line_limit - 1] = 0;
        fail("answer", lines);
    }
    if (!has_ended || filled > 0) fail("answer", "ended before the process did");
    sink.last = now_ns();
    print_sink(&sink);
    return 0;
}
