import CLinux
import Glibc

/// Starts processes through the C shim.
enum Spawner {
    /// Descriptors for a new process's 0, 1 and 2.
    struct StandardIO {
        var input: Int32 = -1
        var output: Int32 = -1
        var error: Int32 = -1
        /// The slave side of a terminal, which then is all three.
        var terminal: String?
    }

    /// Returns the id of the new process, which leads a session and a process group of the same id.
    static func start(
        _ command: Command,
        _ io: StandardIO,
        cgroup: Int32?,
        shortage: ShortageScore?
    ) throws(StartFailure) -> Int32 {
        guard let program = command.arguments.first, !program.isEmpty else {
            throw StartFailure(.invalid, .invalidArgument)
        }
        let candidates = candidates(for: program, environment: command.environment)
        let strings = [
            candidates, command.arguments, command.environment, [command.workingDirectory],
            // Empty lists become null pointers.
            io.terminal.map { [$0] } ?? [], shortage.map { [$0.programs] } ?? [], shortage.map { [$0.own] } ?? [],
        ]
        let limits = command.limits.map { linux_limit(resource: $0.resource.number, value: $0.value) }
        var failure = linux_spawn_failure()
        let process: Int32
        do {
            process = try withArgumentVectors(strings) { vectors in
                limits.withUnsafeBufferPointer { limits in
                    var request = linux_spawn_request(
                        candidates: vectors[0],
                        arguments: vectors[1],
                        environment: vectors[2],
                        directory: vectors[3][0],
                        held_directory: command.heldDirectory?.number ?? 0,
                        input: io.input,
                        output: io.output,
                        error: io.error,
                        terminal: vectors[4][0],
                        limits: limits.baseAddress,
                        limit_count: limits.count,
                        cgroup: cgroup ?? -1,
                        oom_file: shortage?.file.number ?? -1,
                        oom_score: vectors[5][0],
                        oom_score_own: vectors[6][0]
                    )
                    return linux_spawn(&request, &failure)
                }
            }
        } catch {
            throw StartFailure(.invalid, error)
        }
        guard process > 0 else {
            throw StartFailure(stage: failure.stage, error: SystemError(code: failure.error))
        }
        return process
    }

    /// The paths that a program's name may stand for, as `execvp` sees it.
    static func candidates(for program: String, environment: [String]) -> [String] {
        guard !program.utf8.contains(UInt8(ascii: "/")) else { return [program] }
        let path = environment.last { $0.utf8.starts(with: "PATH=".utf8) }?.utf8.dropFirst(5)
        guard let path else { return ["/usr/bin/" + program, "/bin/" + program] }
        return path.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { directory in
                directory.isEmpty ? program : String(decoding: directory, as: UTF8.self) + "/" + program
            }
    }
}

extension Command.Limit.Resource {
    fileprivate var number: linux_resource {
        switch self {
        case .addressSpace: LINUX_ADDRESS_SPACE
        case .processes: LINUX_PROCESSES
        case .openFiles: LINUX_OPEN_FILES
        case .fileLocks: LINUX_FILE_LOCKS
        }
    }
}
