// A connection to the bus of a fleet, as one of its roles.
#ifndef FLEET_BUS_H
#define FLEET_BUS_H

#include <nats/nats.h>
#include <unistd.h>

#include "samples.h"

static inline void check(natsStatus status, const char *what) {
    if (status != NATS_OK) fail(what, natsStatus_GetText(status));
}

// `role` is worker, admin, …: the credentials allow its inboxes and no others.
static inline natsConnection *connect_as(const char *url, const char *credentials, const char *role) {
    natsOptions *options;
    natsConnection *connection;
    char inbox[128];
    snprintf(inbox, sizeof inbox, "_INBOX.%s.benchmark%d", role, (int)getpid());
    check(natsOptions_Create(&options), "options");
    check(natsOptions_SetURL(options, url), "url");
    check(natsOptions_SetSendAsap(options, true), "send asap");
    check(natsOptions_SetUserCredentialsFromFiles(options, credentials, NULL), "credentials");
    check(natsOptions_SetCustomInboxPrefix(options, inbox), "inbox");
    check(natsConnection_Connect(&connection, options), "connect");
    natsOptions_Destroy(options);
    return connection;
}

#endif
