// A closed loop of HTTP/1.1 requests over keep-alive connections, cheap enough not to disturb what it measures.
//
//   http_load <host> <port> <connections> <iterations> <warm-up> <ids or -> <request file>…
//
// Each iteration sends the requests of the files, one after the other, over one connection. In them `{n}` stands for
// the number of the iteration, and `{id}` for a line of the file of ids, by that number, or else, from the second
// request on, for the value of "processId" or "id" in the answer to the first.
// Prints per iteration:  <nanoseconds of all requests> <nanoseconds of the first> <id or -> <last status> <number>
// and at the end:  total <nanoseconds>
#define _GNU_SOURCE
#include <sys/epoll.h>

#include "http.h"

enum { buffer_size = 65536, steps_limit = 4, id_size = 64 };

typedef struct {
    int socket;
    int step;
    int number;
    int64_t began;
    int64_t first_done;
    char id[id_size];
    Answer answer;
    // The beginning of the body.
    size_t filled;
    char body[buffer_size];
} Connection;

static Request requests[steps_limit];
static int steps;
static char (*ids)[id_size];
static int ids_count;

static void read_ids(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path, strerror(errno));
    char line[id_size];
    while (fgets(line, sizeof line, file) != NULL) {
        if (ids_count % 4096 == 0) ids = realloc(ids, (size_t)(ids_count + 4096) * id_size);
        if (ids == NULL) fail(path, "out of memory");
        line[strcspn(line, "\n")] = 0;
        memcpy(ids[ids_count++], line, id_size);
    }
    fclose(file);
    if (ids_count == 0) fail(path, "has no ids");
}

// Copies a text with its marks filled in.
static size_t fill_in(const Connection *connection, const char *text, size_t length, char *out, size_t room) {
    size_t used = 0;
    for (size_t i = 0; i < length;) {
        int wrote;
        if (length - i >= 3 && memcmp(text + i, "{n}", 3) == 0) {
            wrote = snprintf(out + used, room - used, "%d", connection->number);
            i += 3;
        } else if (length - i >= 4 && memcmp(text + i, "{id}", 4) == 0) {
            wrote = snprintf(out + used, room - used, "%s", connection->id);
            i += 4;
        } else {
            out[used] = text[i++];
            wrote = 1;
        }
        used += (size_t)wrote;
        if (used + 1 >= room) fail("request", "is too long");
    }
    return used;
}

static void send_step(Connection *connection) {
    const Request *request = &requests[connection->step];
    char out[2 * request_limit], body[request_limit];
    size_t body_length = fill_in(connection, request->body, strlen(request->body), body, sizeof body), used = 0;
    for (const char *line = request->head; *line != 0;) {
        size_t length = strcspn(line, "\n");
        used += fill_in(connection, line, length, out + used, request_limit - used);
        out[used++] = '\r';
        out[used++] = '\n';
        line += length + (line[length] == '\n');
    }
    used += (size_t)snprintf(out + used, sizeof out - used, "Content-Length: %zu\r\n\r\n", body_length);
    memcpy(out + used, body, body_length);
    connection->filled = 0;
    connection->answer.phase = in_head;
    connection->answer.filled = 0;
    send_all(connection->socket, out, used + body_length);
}

static void keep_id(Connection *connection) {
    const char *found = strstr(connection->body, "\"processId\"");
    if (found == NULL) found = strstr(connection->body, "\"id\"");
    if (found != NULL) found = strchr(found, ':');
    if (found == NULL) return;
    found += 1 + strspn(found + 1, " \"");
    size_t length = strcspn(found, "\"");
    if (length < id_size) snprintf(connection->id, id_size, "%.*s", (int)length, found);
}

static void begin(Connection *connection, int number) {
    connection->step = 0;
    connection->number = number;
    snprintf(connection->id, id_size, "%s", ids_count > 0 ? ids[number % ids_count] : "-");
    connection->began = now_ns();
    send_step(connection);
}

// Takes what has come; true when an iteration is over.
static int advance(Connection *connection) {
    char bytes[buffer_size];
    ssize_t count = recv(connection->socket, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (count < 0) fail("receive", strerror(errno));
    if (count == 0) fail("receive", "the server closed the connection");
    Answer *answer = &connection->answer;
    for (size_t used = 0; used < (size_t)count;) {
        if (answer->phase == is_over) fail("receive", "more than one answer");
        const char *piece;
        size_t length;
        used += take(answer, bytes + used, (size_t)count - used, &piece, &length);
        size_t kept = buffer_size - 1 - connection->filled;
        if (length < kept) kept = length;
        if (kept > 0) memcpy(connection->body + connection->filled, piece, kept);
        connection->filled += kept;
    }
    if (answer->phase != is_over) return 0;
    connection->body[connection->filled] = 0;
    if (answer->status >= 400) fail("answer", connection->body);
    if (connection->step == 0) {
        connection->first_done = now_ns();
        keep_id(connection);
    }
    if (++connection->step == steps) return 1;
    send_step(connection);
    return 0;
}

static Connection *open_connections(int count, char **address, int epoll) {
    Connection *connections = calloc((size_t)count, sizeof *connections);
    if (connections == NULL) fail("connections", "out of memory");
    for (int i = 0; i < count; i++) {
        connections[i].socket = connect_tcp(address[0], address[1]);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &connections[i]};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].socket, &event) != 0) fail("epoll", strerror(errno));
    }
    return connections;
}

int main(int argc, char **argv) {
    if (argc < 8 || argc - 7 > steps_limit)
        fail("usage", "http_load <host> <port> <connections> <iterations> <warm-up> <ids or -> <request>…");
    int count = atoi(argv[3]), iterations = atoi(argv[4]), warm_up = atoi(argv[5]);
    if (strcmp(argv[6], "-") != 0) read_ids(argv[6]);
    steps = argc - 7;
    for (int i = 0; i < steps; i++) read_request(argv[7 + i], &requests[i]);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    Connection *connections = open_connections(count, argv + 1, epoll);
    int64_t total_began = now_ns();
    int started = 0, done = 0, all = iterations + warm_up;
    for (int i = 0; i < count && started < all; i++, started++) begin(&connections[i], started);
    while (done < all) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, 60000);
        if (ready == 0) fail("answer", "none within 60 s");
        for (int i = 0; i < ready; i++) {
            Connection *connection = events[i].data.ptr;
            if (!advance(connection)) continue;
            int64_t now = now_ns();
            if (done++ >= warm_up)
                printf(
                    "%lld %lld %s %d %d\n", (long long)(now - connection->began),
                    (long long)(connection->first_done - connection->began), connection->id,
                    connection->answer.status, connection->number
                );
            if (done == warm_up) total_began = now;
            if (started < all) begin(connection, started++);
        }
    }
    printf("total %lld\n", (long long)(now_ns() - total_began));
    return 0;
}
