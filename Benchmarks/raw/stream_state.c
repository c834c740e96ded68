// What a stream holds:  stream_state <url> <credentials> <stream>  prints  <messages> <bytes> <subjects>
#include "jetstream.h"

int main(int argc, char **argv) {
    if (argc != 4) fail("usage", "stream_state <url> <credentials> <stream>");
    natsConnection *connection = connect_as(argv[1], argv[2]);
    jsCtx *context = jetstream(connection);
    jsStreamInfo *info;
    jsErrCode code = 0;
    natsStatus status = js_GetStreamInfo(&info, context, argv[3], NULL, &code);
    check_js(status, code, argv[3]);
    printf(
        "%llu %llu %lld\n", (unsigned long long)info->State.Msgs, (unsigned long long)info->State.Bytes,
        (long long)info->State.NumSubjects
    );
    jsStreamInfo_Destroy(info);
    jsCtx_Destroy(context);
    natsConnection_Destroy(connection);
    nats_Close();
    return 0;
}
