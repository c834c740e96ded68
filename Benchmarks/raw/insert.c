// One committed insert of a small row by a prepared statement:  insert <url> <count>
#include <libpq-fe.h>

#include "samples.h"

static void check(PGconn *connection, PGresult *result, ExecStatusType expected) {
    if (PQresultStatus(result) != expected) fail("postgres", PQerrorMessage(connection));
    PQclear(result);
}

int main(int argc, char **argv) {
    if (argc != 3) fail("usage", "insert <url> <count>");
    int count = atoi(argv[2]);
    int64_t *samples = make_samples(count);
    PGconn *connection = PQconnectdb(argv[1]);
    if (PQstatus(connection) != CONNECTION_OK) fail("connect", PQerrorMessage(connection));
    check(
        connection,
        PQexec(
            connection,
            "create table if not exists benchmark_insert "
            "(id bigint generated always as identity primary key, body text, at timestamptz default now())"
        ),
        PGRES_COMMAND_OK
    );
    check(
        connection,
        PQprepare(connection, "insert", "insert into benchmark_insert (body) values ($1)", 1, NULL),
        PGRES_COMMAND_OK
    );
    const char *values[] = {"{\"command\":\"true\",\"args\":[]}"};
    for (int i = -20; i < count; i++) {
        int64_t began = now_ns();
        check(connection, PQexecPrepared(connection, "insert", 1, values, NULL, NULL, 0), PGRES_COMMAND_OK);
        if (i >= 0) samples[i] = now_ns() - began;
    }
    print_samples(samples, count);
    PQfinish(connection);
    return 0;
}
