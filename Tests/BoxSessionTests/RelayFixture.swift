import BoxClient
import BoxSession
import ExecutionEngine
import Foundation
import Glibc
import Model
import NIOCore
import NIOPosix
import ProviderKit
import Testing

/// A directory in which relays start a daemon, which ends with the test.
struct RelayFixture {
    let directory: String
    let sandbox = SandboxID("01kr00000000000000000000b0")!
    let loop: BoxLoop

    static func with(_ body: (RelayFixture) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "relay-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let fixture = RelayFixture(directory: directory, loop: try BoxLoop())
        let result = await Result { try await body(fixture) }
        try? await fixture.endDaemon()
        try? FileManager.default.removeItem(atPath: directory)
        try result.get()
    }

    static var executable: String {
        get throws {
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("boxd").path
        }
    }

    var workspace: String { directory + "/inner" }

    func relay(isText: Bool = false) throws -> ProcessChannel {
        let arguments = DaemonProgram.relayArguments(
            path: try Self.executable,
            directory: directory + "/daemons",
            sandbox: sandbox,
            workspace: workspace,
            isText: isText
        )
        return try ProcessChannel(arguments)
    }

    func connect(
        _ channel: any ByteChannel,
        isText: Bool = false,
        liveness: BoxLiveness? = nil,
        linger: Duration? = nil,
        epoch: UInt64 = 1,
        sandbox: SandboxID? = nil,
        environment: [String: String] = [:]
    ) async throws -> DaemonBox {
        try await DaemonBox.connect(
            over: channel,
            isText: isText,
            envelope: Envelope(backendId: "test", sessionState: .init(providerState: [:], workspaceReady: true)),
            liveness: liveness,
            linger: linger,
            sandbox: sandbox ?? self.sandbox,
            epoch: epoch,
            environment: environment,
            loop: loop,
            timeout: .seconds(60)
        )
    }

    private func endDaemon() async throws {
        let connection = try await BoxConnection.connect(
            path: "\(directory)/daemons/\(sandbox)/socket",
            epoch: 1 << 40,
            sandbox: sandbox.rawValue,
            loop: loop
        )
        try await connection.shutDown()
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

/// A program's standard input and output.
final class ProcessChannel: ByteChannel {
    private let socket: ExecutionEngine.Descriptor
    let process: pid_t

    init(_ arguments: [String]) throws {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        socket = try ExecutionEngine.Descriptor(owning: ends[0])
        let far = try ExecutionEngine.Descriptor(owning: ends[1])
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, far.number, 0)
        posix_spawn_file_actions_adddup2(&actions, far.number, 1)
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var process = pid_t()
        let result = withExtendedLifetime(far) { posix_spawn(&process, arguments[0], &actions, nil, &pointers, environ) }
        try #require(result == 0)
        self.process = process
    }

    deinit {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    func read() async throws(DriverError) -> ByteBuffer? {
        await blocking { [socket] in
            var bytes = [UInt8](repeating: 0, count: 10_000)
            let count = Glibc.read(socket.number, &bytes, bytes.count)
            return count > 0 ? ByteBuffer(bytes: bytes[..<count]) : nil
        }
    }

    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        let isDone = await blocking { [socket] in
            bytes.withUnsafeReadableBytes { bytes in
                send(socket.number, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
            }
        }
        guard isDone else { throw DriverError(.transient, "the program does not read") }
    }

    func close() async {
        shutdown(socket.number, Int32(SHUT_RDWR))
    }

    private func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: body()) }
        }
    }
}
