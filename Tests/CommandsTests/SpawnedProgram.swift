import CLinux
import Fleet
import Glibc

/// A program with three descriptors of ours and nothing else of us.
///
/// Foundation's `Process` hands blocked signals down, and now and then a descriptor that belongs to another child: then one
/// program's end is not seen until the other has ended too.
final class SpawnedProgram: Sendable {
    let exit = OneShot<WaitStatus>()
    private let pid: pid_t

    /// - Parameter streams: What becomes standard input, output and error.
    init(
        _ executable: String,
        _ arguments: [String],
        environment: [String: String],
        streams: (input: Int32, output: Int32, error: Int32)
    ) throws {
        var words = ([executable] + arguments).map { strdup($0) } + [nil]
        var settings = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        var candidates = [words[0], nil]
        defer { for string in words + settings { free(string) } }
        var request = linux_spawn_request()
        request.input = streams.input
        request.output = streams.output
        request.error = streams.error
        request.cgroup = -1
        request.oom_file = -1
        var failure = linux_spawn_failure()
        pid = "."
            .withCString { directory in
                words.withUnsafeMutableBufferPointer { words in
                    settings.withUnsafeMutableBufferPointer { settings in
                        candidates.withUnsafeMutableBufferPointer { candidates in
                            request.directory = directory
                            request.candidates = UnsafePointer(candidates.baseAddress)
                            request.arguments = UnsafePointer(words.baseAddress)
                            request.environment = UnsafePointer(settings.baseAddress)
                            return linux_spawn(&request, &failure)
                        }
                    }
                }
            }
        guard pid > 0 else { throw SpawnFailure(stage: failure.stage, error: failure.error) }
        try ChildThread.detach { [pid, exit] in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            exit.resolve(WaitStatus(waitStatus: status))
        }
    }

    var isRunning: Bool { exit.value == nil }

    func signal(_ number: Int32) {
        if isRunning { kill(pid, number) }
    }

    private struct SpawnFailure: Error {
        let stage: Int32
        let error: Int32
    }
}
