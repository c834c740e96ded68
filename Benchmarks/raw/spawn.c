// Starts a program and waits for its end, again and again:  spawn <count> <program> [argument…]
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

#include "samples.h"

extern char **environ;

int main(int argc, char **argv) {
    if (argc < 3) fail("usage", "spawn <count> <program> [argument…]");
    int count = atoi(argv[1]);
    int64_t *samples = make_samples(count);
    for (int i = 0; i < count; i++) {
        int64_t began = now_ns();
        pid_t pid;
        int error = posix_spawnp(&pid, argv[2], NULL, NULL, argv + 2, environ);
        if (error != 0) fail(argv[2], strerror(error));
        int status;
        while (waitpid(pid, &status, 0) < 0)
            if (errno != EINTR) fail("waitpid", strerror(errno));
        samples[i] = now_ns() - began;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail(argv[2], "did not exit with 0");
    }
    print_samples(samples, count);
    return 0;
}
