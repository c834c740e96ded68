// Bytes from one connection to another, no more than 4 MiB ahead:  stream <url> <MiB> <frame bytes> <buffer bytes>
// Prints the nanoseconds that all of it took.
#include <nats/nats.h>
#include <pthread.h>
#include <string.h>

#include "samples.h"

static const int64_t window = 4 << 20;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static int64_t received;

static void check(natsStatus status, const char *what) {
    if (status != NATS_OK) fail(what, natsStatus_GetText(status));
}

static natsConnection *connect_to(const char *url, int buffer) {
    natsOptions *options;
    natsConnection *connection;
    check(natsOptions_Create(&options), "options");
    check(natsOptions_SetURL(options, url), "url");
    check(natsOptions_SetSendAsap(options, true), "send asap");
    if (buffer > 0) check(natsOptions_SetIOBufSize(options, buffer), "buffer");
    check(natsConnection_Connect(&connection, options), "connect");
    natsOptions_Destroy(options);
    return connection;
}

static void take(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
    (void)connection;
    (void)subscription;
    (void)closure;
    pthread_mutex_lock(&lock);
    received += natsMsg_GetDataLength(message);
    pthread_cond_signal(&news);
    pthread_mutex_unlock(&lock);
    natsMsg_Destroy(message);
}

static void wait_for(int64_t least) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += 30;
    pthread_mutex_lock(&lock);
    while (received < least)
        if (pthread_cond_timedwait(&news, &lock, &end) != 0) fail("stream", "nothing arrived for 30 s");
    pthread_mutex_unlock(&lock);
}

int main(int argc, char **argv) {
    if (argc != 5) fail("usage", "stream <url> <MiB> <frame bytes> <buffer bytes>");
    int64_t all = (int64_t)atoi(argv[2]) << 20;
    int frame = atoi(argv[3]);
    char *bytes = malloc((size_t)frame);
    if (bytes == NULL) fail("frame", "out of memory");
    memset(bytes, 'x', (size_t)frame);
    natsConnection *receiver = connect_to(argv[1], atoi(argv[4]));
    natsConnection *sender = connect_to(argv[1], atoi(argv[4]));
    natsSubscription *subscription;
    check(natsConnection_Subscribe(&subscription, receiver, "benchmark.stream", take, NULL), "subscribe");
    check(natsConnection_Flush(receiver), "flush");
    int64_t began = now_ns();
    for (int64_t sent = 0; sent < all;) {
        wait_for(sent + frame - window);
        int count = all - sent < frame ? (int)(all - sent) : frame;
        check(natsConnection_Publish(sender, "benchmark.stream", bytes, count), "publish");
        sent += count;
    }
    wait_for(all);
    printf("%lld\n", (long long)(now_ns() - began));
    natsSubscription_Destroy(subscription);
    natsConnection_Destroy(sender);
    natsConnection_Destroy(receiver);
    nats_Close();
    return 0;
}
