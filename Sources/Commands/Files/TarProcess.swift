import Dispatch
import Fleet
import Glibc
import NIOCore

/// The system's `tar`, with its archive on a pipe to us.
final class TarProcess: Sendable {
    private let id: pid_t
    private let status = OneShot<Int32>()

    /// Packs what a directory holds, and hands the archive's bytes over; they end only when tar says that all is packed.
    static func packing(_ directory: String, _ read: (TarArchive) async throws -> Void) async throws {
        // Owners of this machine mean nothing in a sandbox.
        let arguments = ["-C", directory, "--owner=0", "--group=0", "--numeric-owner", "-cf", "-", "."]
        let (process, descriptor) = try start(arguments, packs: true)
        try await process.killedOnFailure { try await read(TarArchive(process: process, descriptor: descriptor)) }
    }

    /// Unpacks the archive that is written to the descriptor; tar itself keeps members from leaving the directory.
    static func unpacking(into directory: String, _ write: (BlockingDescriptor) async throws -> Void) async throws {
        let (process, descriptor) = try start(["-C", directory, "--no-same-owner", "-xf", "-"], packs: false)
        try await process.killedOnFailure {
            do {
                try await write(descriptor)
            } catch let failure as Failure where failure.kind == .outputClosed {
                // tar left first: its own failure is the reason.
            }
            descriptor.finish()
            try await process.succeed()
        }
    }

    /// Waits for tar's end, which must be a good one.
    func succeed() async throws {
        guard await status.wait() == 0 else { throw Failure(.localFile, "tar failed; see its message above") }
    }

    /// Starts tar with one end of a pipe, and keeps the other: to read from when it packs, else to write to.
    private static func start(_ arguments: [String], packs: Bool) throws -> (TarProcess, BlockingDescriptor) {
        let pipe = try PipeEnds()
        let (our, their) = packs ? (pipe.reading, pipe.writing) : (pipe.writing, pipe.reading)
        defer { close(their) }
        let descriptor = BlockingDescriptor(our)
        return (try TarProcess(arguments, end: their, as: packs ? STDOUT_FILENO : STDIN_FILENO), descriptor)
    }

    /// Kills tar when the operation fails or is cancelled; a blocked read or write on the pipe ends with it.
    private func killedOnFailure(_ body: () async throws -> Void) async throws {
        do {
            try await withTaskCancellationHandler {
                try await body()
            } onCancel: {
                terminate()
            }
        } catch {
            terminate()
            _ = await status.wait()
            throw error
        }
    }

    private func terminate() {
        if status.value == nil { kill(id, SIGTERM) }
    }

    private init(_ arguments: [String], end: Int32, as standard: Int32) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, end, standard)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // We ignore these signals, and our threads block them; tar shall inherit neither.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGPIPE, SIGINT, SIGTERM] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        var blocked = sigset_t()
        sigemptyset(&blocked)
        posix_spawnattr_setsigmask(&attributes, &blocked)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let words: [UnsafeMutablePointer<CChar>?] = (["tar"] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id = pid_t()
        let code = posix_spawnp(&id, "tar", &actions, &attributes, words, environ)
        guard code == 0 else { throw Failure.system("cannot start tar", code) }
        self.id = id
        let status = status
        let child = id
        DispatchQueue.global()
            .async {
                var end: Int32 = -1
                while waitpid(child, &end, 0) < 0, errno == EINTR {}
                status.resolve(end)
            }
    }
}

/// The bytes of an archive that tar packs.
struct TarArchive: AsyncSequence, Sendable {
    let process: TarProcess
    let descriptor: BlockingDescriptor

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(process: process, descriptor: descriptor)
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        let process: TarProcess
        let descriptor: BlockingDescriptor

        /// The next bytes; a tar that failed ends in its failure, never in the end of the bytes.
        func next() async throws -> ByteBuffer? {
            if let bytes = try await descriptor.read() { return bytes }
            try await process.succeed()
            return nil
        }
    }
}
