// A connection with JetStream, and streams of a benchmark's own.
#ifndef JETSTREAM_H
#define JETSTREAM_H

#include <nats/nats.h>
#include <string.h>

#include "samples.h"

static inline void check(natsStatus status, const char *what) {
    if (status != NATS_OK) fail(what, natsStatus_GetText(status));
}

static inline void check_js(natsStatus status, jsErrCode code, const char *what) {
    char text[96];
    snprintf(text, sizeof text, "%s (%d)", natsStatus_GetText(status), (int)code);
    if (status != NATS_OK) fail(what, text);
}

// `credentials` is a file of the role `admin`, or NULL.
static inline natsConnection *connect_as(const char *url, const char *credentials) {
    natsOptions *options;
    natsConnection *connection;
    check(natsOptions_Create(&options), "options");
    check(natsOptions_SetURL(options, url), "url");
    check(natsOptions_SetSendAsap(options, true), "send asap");
    if (credentials != NULL) {
        check(natsOptions_SetUserCredentialsFromFiles(options, credentials, NULL), "credentials");
        // A role of the fleet hears its own inboxes alone.
        check(natsOptions_SetCustomInboxPrefix(options, "_INBOX.admin.benchmark"), "inboxes");
    }
    check(natsConnection_Connect(&connection, options), "connect");
    natsOptions_Destroy(options);
    return connection;
}

static inline jsCtx *jetstream(natsConnection *connection) {
    jsCtx *context;
    jsOptions options;
    check(jsOptions_Init(&options), "options");
    options.Wait = 10000;
    check(natsConnection_JetStream(&context, connection, &options), "jetstream");
    return context;
}

// In files, as the fleet's own is; an older one of that name is deleted.
static inline void make_stream(jsCtx *context, const char *name, const char *subject) {
    jsStreamConfig config;
    jsErrCode code = 0;
    check(jsStreamConfig_Init(&config), "stream");
    config.Name = name;
    config.Subjects = &subject;
    config.SubjectsLen = 1;
    config.Storage = js_FileStorage;
    config.Discard = js_DiscardNew;
    config.AllowDirect = true;
    natsStatus status = js_DeleteStream(context, name, NULL, &code);
    if (status != NATS_NOT_FOUND) check_js(status, code, "delete the stream");
    status = js_AddStream(NULL, context, &config, NULL, &code);
    check_js(status, code, "make the stream");
}

static inline void delete_stream(jsCtx *context, const char *name) {
    jsErrCode code = 0;
    natsStatus status = js_DeleteStream(context, name, NULL, &code);
    check_js(status, code, "delete the stream");
}

#endif
