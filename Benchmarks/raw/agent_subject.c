// Waits for a beat of an agent, and prints the subject of that run:  agent_subject <url> <credentials> <agent>
#include <string.h>

#include "fleet_bus.h"

enum { id_length = 26 };

int main(int argc, char **argv) {
    if (argc != 4) fail("usage", "agent_subject <url> <credentials> <agent>");
    natsConnection *connection = connect_as(argv[1], argv[2], "worker");
    natsSubscription *subscription;
    check(natsConnection_SubscribeSync(&subscription, connection, "agent.*.*.beat"), "subscribe");
    for (;;) {
        natsMsg *message;
        check(natsSubscription_NextMsg(&message, subscription, 15000), "no beat");
        const char *subject = natsMsg_GetSubject(message);
        const char *body = natsMsg_GetData(message);
        // The instance is the first field of the message.
        if (strstr(subject, argv[3]) != NULL && natsMsg_GetDataLength(message) > id_length + 2 && body[0] == 0x0a &&
            body[1] == id_length) {
            printf("%.*s.%.*s.rpc\n", (int)(strlen(subject) - strlen(".beat")), subject, id_length, body + 2);
            return 0;
        }
        natsMsg_Destroy(message);
    }
}
