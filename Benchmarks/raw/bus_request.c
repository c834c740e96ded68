// Requests one after another:  bus_request <url> <credentials> <role> <subject> <body> <count> [<pause in microseconds>]
//
// A body that begins with a brace is sent as JSON, any other one is hexadecimal. In JSON a `#` is a number that no other
// request has.
#include <string.h>
#include <unistd.h>

#include "fleet_bus.h"

enum { largest = 4096 };

static int hexadecimal(const char *text, char *bytes) {
    int length = 0;
    for (; text[0] != 0 && text[1] != 0 && length < largest; text += 2) {
        unsigned value;
        if (sscanf(text, "%2x", &value) != 1) fail("body", "not hexadecimal");
        bytes[length++] = (char)value;
    }
    return length;
}

static int numbered(const char *text, int number, char *bytes) {
    int length = 0;
    for (; *text != 0 && length < largest - 16; text++) {
        if (*text == '#') {
            length += snprintf(bytes + length, 16, "%08d", number);
        } else {
            bytes[length++] = *text;
        }
    }
    return length;
}

int main(int argc, char **argv) {
    if (argc < 7) fail("usage", "bus_request <url> <credentials> <role> <subject> <body> <count> [<pause>]");
    natsConnection *connection = connect_as(argv[1], argv[2], argv[3]);
    const char *subject = argv[4];
    int is_json = argv[5][0] == '{';
    int count = atoi(argv[6]);
    int pause = argc > 7 ? atoi(argv[7]) : 0;
    int64_t *samples = make_samples(count);
    char body[largest];
    for (int i = -20; i < count; i++) {
        int length = is_json ? numbered(argv[5], i + 20, body) : hexadecimal(argv[5], body);
        natsMsg *request, *reply;
        check(natsMsg_Create(&request, subject, NULL, body, length), "message");
        if (is_json) check(natsMsgHeader_Set(request, "Content-Type", "application/json"), "header");
        int64_t began = now_ns();
        check(natsConnection_RequestMsg(&reply, connection, request, 30000), "request");
        if (i >= 0) samples[i] = now_ns() - began;
        const char *fault;
        if (natsMsgHeader_Get(reply, "Nats-Service-Error", &fault) == NATS_OK) fail("refused", fault);
        natsMsg_Destroy(reply);
        natsMsg_Destroy(request);
        if (pause > 0) usleep((useconds_t)pause);
    }
    print_samples(samples, count);
    return 0;
}
