// Starts as many of a program as are said at once, and waits for the end of each:  burst <rounds> <at once> <program> [argument…]
//
// A time is from the start of the first to the end of each: who asks for many at once waits for the others as well.
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "samples.h"

extern char **environ;

int main(int argc, char **argv) {
    if (argc < 4) fail("usage", "burst <rounds> <at once> <program> [argument…]");
    int rounds = atoi(argv[1]), at_once = atoi(argv[2]);
    int64_t *samples = make_samples(rounds * at_once);
    for (int round = 0; round < rounds; round++) {
        int64_t began = now_ns();
        for (int i = 0; i < at_once; i++) {
            pid_t pid;
            int error = posix_spawnp(&pid, argv[3], NULL, NULL, argv + 3, environ);
            if (error != 0) fail(argv[3], strerror(error));
        }
        for (int ended = 0; ended < at_once;) {
            int status;
            if (waitpid(-1, &status, 0) < 0) {
                if (errno == EINTR) continue;
                fail("waitpid", strerror(errno));
            }
            samples[round * at_once + ended++] = now_ns() - began;
            if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail(argv[3], "did not exit with 0");
        }
    }
    print_samples(samples, rounds * at_once);
    return 0;
}
