// Messages of many subjects in one stream in files, read back at random:  direct_get <url> <subjects> <bytes> <count>
#include "jetstream.h"

static const char *const name = "BENCHMARK_DIRECT";

static void fill(jsCtx *context, int subjects, int length) {
    char *bytes = calloc(1, (size_t)length + 1), subject[64];
    if (bytes == NULL) fail("message", "out of memory");
    for (int i = 0; i < subjects; i++) {
        snprintf(subject, sizeof subject, "benchmark.direct.%d", i);
        check(js_PublishAsync(context, subject, bytes, length, NULL), "publish");
    }
    check(js_PublishAsyncComplete(context, NULL), "publish");
    free(bytes);
}

int main(int argc, char **argv) {
    if (argc != 5) fail("usage", "direct_get <url> <subjects> <bytes> <count>");
    int subjects = atoi(argv[2]), count = atoi(argv[4]);
    int64_t *samples = make_samples(count);
    natsConnection *connection = connect_as(argv[1], NULL);
    jsCtx *context = jetstream(connection);
    make_stream(context, name, "benchmark.direct.*");
    fill(context, subjects, atoi(argv[3]));
    srandom(1);
    for (int i = -50; i < count; i++) {
        char subject[64];
        jsDirectGetMsgOptions options;
        natsMsg *message;
        snprintf(subject, sizeof subject, "benchmark.direct.%ld", random() % subjects);
        check(jsDirectGetMsgOptions_Init(&options), "options");
        options.NextBySubject = subject;
        options.Sequence = 1;
        int64_t began = now_ns();
        check(js_DirectGetMsg(&message, context, name, NULL, &options), "get");
        if (i >= 0) samples[i] = now_ns() - began;
        natsMsg_Destroy(message);
    }
    print_samples(samples, count);
    delete_stream(context, name);
    jsCtx_Destroy(context);
    natsConnection_Destroy(connection);
    nats_Close();
    return 0;
}
