import Fleet
import Foundation
import Glibc
import NIOConcurrencyHelpers
import Testing

/// The built `sandfleet` program while it runs.
struct RunningCommandLine {
    let stdout: RunningOutput
    let stderr: RunningOutput
    private let process: SpawnedProgram

    /// The folder that holds the built products, this test bundle among them.
    static var products: URL {
        get throws {
            let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let bundle = ProcessInfo.processInfo.arguments.first { $0.hasSuffix(".xctest") }
            let folder = URL(filePath: bundle ?? program).deletingLastPathComponent()
            try #require(FileManager.default.isExecutableFile(atPath: folder.appending(path: "sandfleet").path))
            return folder
        }
    }

    /// Starts the program with nothing but the given environment, and with pipes.
    ///
    /// - Parameter folder: Where the program lies, when it is not the built one.
    init(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: Pipe? = nil,
        from folder: URL? = nil
    ) throws {
        let stdout = Pipe()
        let stderr = Pipe()
        let standard = try input?.fileHandleForReading ?? #require(FileHandle(forReadingAtPath: "/dev/null"))
        process = try Self.start(
            arguments,
            environment,
            from: folder,
            input: standard,
            output: stdout.fileHandleForWriting,
            errors: stderr.fileHandleForWriting
        )
        try stdout.fileHandleForWriting.close()
        try stderr.fileHandleForWriting.close()
        self.stdout = RunningOutput(stdout.fileHandleForReading)
        self.stderr = RunningOutput(stderr.fileHandleForReading)
    }

    /// Starts the program in a terminal; its errors go to a pipe.
    init(_ arguments: [String], environment: [String: String], in terminal: Pseudoterminal) throws {
        let stderr = Pipe()
        process = try Self.start(
            arguments,
            environment,
            input: terminal.program,
            output: terminal.program,
            errors: stderr.fileHandleForWriting
        )
        try stderr.fileHandleForWriting.close()
        stdout = RunningOutput(terminal.keeper)
        self.stderr = RunningOutput(stderr.fileHandleForReading)
    }

    private static func start(
        _ arguments: [String],
        _ environment: [String: String],
        from folder: URL? = nil,
        input: FileHandle,
        output: FileHandle,
        errors: FileHandle
    ) throws -> SpawnedProgram {
        try SpawnedProgram(
            try (folder ?? products).appending(path: "sandfleet").path,
            arguments,
            environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent"].merging(environment) { $1 },
            streams: (input.fileDescriptor, output.fileDescriptor, errors.fileDescriptor)
        )
    }

    var isRunning: Bool { process.isRunning }

    func signal(_ number: Int32) {
        process.signal(number)
    }

    /// Waits for the end; a signal that ended it is a negative number.
    func end() async -> Int32 {
        await withTaskCancellationHandler {
            switch await process.exit.wait() {
            case .exited(let code): return code
            case .signaled(let signal): return -signal
            }
        } onCancel: {
            signal(SIGKILL)
        }
    }
}

/// What a program prints, read while it runs; on threads that may block.
final class RunningOutput: Sendable {
    private let handle: FileHandle

    init(_ handle: FileHandle) {
        self.handle = handle
    }

    /// Reads until the text has come, and returns all that was read.
    ///
    /// - Throws: When the end comes before.
    func read(until text: String) async throws -> String {
        var read = Data()
        while !String(decoding: read, as: UTF8.self).contains(text) {
            let more = await next()
            try #require(!more.isEmpty, "\(text.debugDescription) did not come: \(String(decoding: read, as: UTF8.self))")
            read += more
        }
        return String(decoding: read, as: UTF8.self)
    }

    /// Reads to the end.
    func rest() async -> String {
        String(decoding: await restOfBytes(), as: UTF8.self)
    }

    func restOfBytes() async -> Data {
        var read = Data()
        while true {
            let more = await next()
            if more.isEmpty { return read }
            read += more
        }
    }

    /// Nobody reads any more.
    func close() throws {
        try handle.close()
    }

    /// The next bytes, nothing at the end, and nothing more for a test that is given up.
    private func next() async -> Data {
        let isGivenUp = NIOLockedValueBox(false)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue.global()
                    .async { [handle] in
                        var polled = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
                        while poll(&polled, 1, 200) <= 0, !isGivenUp.withLockedValue({ $0 }) {}
                        var bytes = [UInt8](repeating: 0, count: 1 << 16)
                        // A terminal that nobody holds any more ends with an error.
                        let count = polled.revents == 0 ? 0 : Glibc.read(handle.fileDescriptor, &bytes, bytes.count)
                        continuation.resume(returning: Data(bytes.prefix(max(0, count))))
                    }
            }
        } onCancel: {
            isGivenUp.withLockedValue { $0 = true }
        }
    }
}
