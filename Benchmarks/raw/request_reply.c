// A request of 256 bytes and its reply of 256 bytes between two connections:  request_reply <url> <count>
#include <nats/nats.h>
#include <string.h>

#include "samples.h"

enum { size = 256 };

static void check(natsStatus status, const char *what) {
    if (status != NATS_OK) fail(what, natsStatus_GetText(status));
}

static natsConnection *connect_to(const char *url) {
    natsOptions *options;
    natsConnection *connection;
    check(natsOptions_Create(&options), "options");
    check(natsOptions_SetURL(options, url), "url");
    check(natsOptions_SetSendAsap(options, true), "send asap");
    check(natsConnection_Connect(&connection, options), "connect");
    natsOptions_Destroy(options);
    return connection;
}

static void answer(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
    (void)subscription;
    (void)closure;
    natsConnection_Publish(connection, natsMsg_GetReply(message), natsMsg_GetData(message), natsMsg_GetDataLength(message));
    natsMsg_Destroy(message);
}

int main(int argc, char **argv) {
    if (argc != 3) fail("usage", "request_reply <url> <count>");
    int count = atoi(argv[2]);
    int64_t *samples = make_samples(count);
    char body[size];
    memset(body, 'x', size);
    natsConnection *server = connect_to(argv[1]);
    natsConnection *client = connect_to(argv[1]);
    natsSubscription *subscription;
    check(natsConnection_Subscribe(&subscription, server, "benchmark.echo", answer, NULL), "subscribe");
    check(natsConnection_Flush(server), "flush");
    for (int i = -50; i < count; i++) {
        int64_t began = now_ns();
        natsMsg *reply;
        check(natsConnection_Request(&reply, client, "benchmark.echo", body, size, 5000), "request");
        if (i >= 0) samples[i] = now_ns() - began;
        natsMsg_Destroy(reply);
    }
    print_samples(samples, count);
    natsSubscription_Destroy(subscription);
    natsConnection_Destroy(client);
    natsConnection_Destroy(server);
    nats_Close();
    return 0;
}
