// Reads what a docker exec writes, to its end, and checks every byte:
//
//   docker_stream <the engine's socket> <exec id> <the file that is written again and again, or "ticks">
//
// Prints what sink.h says; pieces are the engine's frames.
#define _GNU_SOURCE
#include <sys/un.h>

#include "http.h"
#include "sink.h"

enum { receive_size = 1 << 20, frame_head = 8 };

static int connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail(path, "is too long for a socket");
    strcpy(address.sun_path, path);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0 || connect(made, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("connect", strerror(errno));
    return made;
}

static void start(int connection, const char *id) {
    char text[512];
    int length = snprintf(
        text, sizeof text,
        "POST /exec/%s/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
        "Content-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"Detach\":false}",
        id
    );
    if (length >= (int)sizeof text) fail(id, "is too long");
    send_all(connection, text, (size_t)length);
}

// A frame is the stream's number, three zeros, the length and the bytes.
static void take_frames(Sink *sink, const char *bytes, size_t count) {
    static unsigned char head[frame_head];
    static size_t head_filled;
    static uint64_t left;
    while (count > 0) {
        size_t taken = 1;
        if (left > 0) {
            taken = count < left ? count : (size_t)left;
            if (head[0] != 1) fail("docker exec wrote an error", strndup(bytes, taken));
            take_bytes(sink, bytes, taken);
            left -= taken;
        } else {
            head[head_filled++] = (unsigned char)*bytes;
            if (head_filled == frame_head) {
                left = (uint64_t)head[4] << 24 | (uint64_t)head[5] << 16 | (uint64_t)head[6] << 8 | head[7];
                head_filled = 0;
                sink->pieces++;
            }
        }
        bytes += taken;
        count -= taken;
    }
}

int main(int argc, char **argv) {
    if (argc != 4) fail("usage", "docker_stream <socket> <exec id> <file or ticks>");
    static Sink sink;
    static Answer answer;
    open_sink(&sink, argv[3]);
    char *received = malloc(receive_size);
    if (received == NULL) fail("buffer", "out of memory");
    int connection = connect_unix(argv[1]);
    struct timeval limit = {.tv_sec = 60};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    start(connection, argv[2]);
    for (ssize_t count; (count = recv(connection, received, receive_size, 0)) != 0;) {
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("receive", errno == EAGAIN ? "nothing for 60 s" : strerror(errno));
        sink.arrived = now_ns();
        size_t used = 0;
        const char *piece;
        size_t length;
        while (answer.phase != is_over && used < (size_t)count)
            used += take(&answer, received + used, (size_t)count - used, &piece, &length);
        if (answer.phase == is_over && answer.status != 101) fail("docker exec", answer.line);
        take_frames(&sink, received + used, (size_t)count - used);
    }
    sink.last = now_ns();
    print_sink(&sink);
    return 0;
}
