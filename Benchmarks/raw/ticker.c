// Writes small lines at a steady pace, each with its number and the time of its writing:  ticker <per second> <seconds>
//
// Begins after half a second, when whoever reads is there. Time that was lost is made up for: what should have been
// written by now is written.
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "samples.h"

int main(int argc, char **argv) {
    if (argc != 3) fail("usage", "ticker <per second> <seconds>");
    long rate = atol(argv[1]), all = rate * atol(argv[2]);
    int64_t began = now_ns() + 500000000;
    for (long i = 0; i < all; i++) {
        int64_t due = began + i * 1000000000LL / rate;
        if (now_ns() < due) {
            struct timespec time = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};
            while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) continue;
        }
        char line[64];
        int length = snprintf(line, sizeof line, "%ld %lld\n", i, (long long)now_ns());
        if (write(STDOUT_FILENO, line, (size_t)length) != length) fail("write", strerror(errno));
    }
    return 0;
}
