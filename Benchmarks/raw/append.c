// Appends to a stream in files, one at a time, each on what it expects to be the subject's last message:
//
//   append <url> <count> <message bytes> <readers, 0 or 1>
//
// A reader is an ordered consumer on another connection, and is waited for.
// Prints the nanoseconds of each append, and at the end:  total <nanoseconds>
#include <pthread.h>

#include "jetstream.h"

static const char *const name = "BENCHMARK_APPEND", *const subject = "benchmark.append";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static int64_t received;

static void take(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
    (void)connection;
    (void)subscription;
    (void)closure;
    pthread_mutex_lock(&lock);
    received++;
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
        if (pthread_cond_timedwait(&news, &lock, &end) != 0) fail("the reader", "is not done after 30 s");
    pthread_mutex_unlock(&lock);
}

static natsSubscription *read_along(natsConnection *connection) {
    natsSubscription *subscription;
    jsSubOptions options;
    jsErrCode code = 0;
    check(jsSubOptions_Init(&options), "reader");
    options.Ordered = true;
    natsStatus status = js_Subscribe(&subscription, jetstream(connection), subject, take, NULL, NULL, &options, &code);
    check_js(status, code, "reader");
    check(natsSubscription_SetPendingLimits(subscription, -1, -1), "limits");
    return subscription;
}

// Returns the message's sequence.
static uint64_t append(jsCtx *context, const char *bytes, int length, uint64_t last) {
    natsMsg *message;
    jsPubAck *answer;
    jsErrCode code = 0;
    char expected[24];
    check(natsMsg_Create(&message, subject, NULL, bytes, length), "message");
    // As a header: the library's option of that name leaves out the 0 that stands for no message.
    snprintf(expected, sizeof expected, "%llu", (unsigned long long)last);
    check(natsMsgHeader_Set(message, "Nats-Expected-Last-Subject-Sequence", expected), "header");
    natsStatus status = js_PublishMsg(&answer, context, message, NULL, &code);
    check_js(status, code, "append");
    uint64_t sequence = answer->Sequence;
    jsPubAck_Destroy(answer);
    natsMsg_Destroy(message);
    return sequence;
}

int main(int argc, char **argv) {
    if (argc != 5) fail("usage", "append <url> <count> <message bytes> <readers, 0 or 1>");
    int count = atoi(argv[2]), length = atoi(argv[3]), readers = atoi(argv[4]);
    int64_t *samples = make_samples(count);
    char *bytes = malloc((size_t)length);
    if (bytes == NULL) fail("message", "out of memory");
    for (int i = 0; i < length; i++) bytes[i] = (char)('!' + i * 7 % 90);
    natsConnection *writer = connect_as(argv[1], NULL), *reader = connect_as(argv[1], NULL);
    jsCtx *context = jetstream(writer);
    make_stream(context, name, subject);
    natsSubscription *subscription = readers > 0 ? read_along(reader) : NULL;
    uint64_t last = 0;
    int64_t began = now_ns();
    for (int i = 0; i < count; i++) {
        int64_t sent = now_ns();
        last = append(context, bytes, length, last);
        samples[i] = now_ns() - sent;
    }
    if (readers > 0) wait_for(count);
    int64_t total = now_ns() - began;
    print_samples(samples, count);
    printf("total %lld\n", (long long)total);
    natsSubscription_Destroy(subscription);
    delete_stream(context, name);
    jsCtx_Destroy(context);
    natsConnection_Destroy(reader);
    natsConnection_Destroy(writer);
    nats_Close();
    return 0;
}
