import ContractServer
import Foundation
import Testing

/// One run of the built `sandfleet` program, to its end.
struct CommandLineRun {
    let exitCode: Int32
    let stdout: String
    let stderr: String

    init(
        _ arguments: [String],
        environment: [String: String] = [:],
        input: Data? = nil,
        from folder: URL? = nil
    ) async throws {
        let piped = input.map { _ in Pipe() }
        let program = try RunningCommandLine(arguments, environment: environment, input: piped, from: folder)
        async let written: Void = Self.write(input, to: piped)
        async let stdout = program.stdout.rest()
        async let stderr = program.stderr.rest()
        self.stdout = await stdout
        self.stderr = await stderr
        await written
        exitCode = await program.end()
    }

    private static func write(_ data: Data?, to pipe: Pipe?) async {
        guard let data, let pipe else { return }
        await withCheckedContinuation { continuation in
            DispatchQueue.global()
                .async {
                    // A program that has left reads no more.
                    try? pipe.fileHandleForWriting.write(contentsOf: data)
                    try? pipe.fileHandleForWriting.close()
                    continuation.resume()
                }
        }
    }

    func json() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(stdout.utf8)) as? [String: Any])
    }

    var line: String { stdout.trimmingCharacters(in: .newlines) }
}

/// A server, and the command line pointed at it.
struct Bench {
    let server: ContractServer

    static func with(_ body: (Bench) async throws -> Void) async throws {
        try await ContractServer.with { try await body(Bench(server: $0)) }
    }

    /// A server with a sandbox of the name `box`.
    static func withBox(_ body: (Bench) async throws -> Void) async throws {
        try await with { bench in
            try #require(try await bench.run("create", "--name", "box").exitCode == 0)
            try await body(bench)
        }
    }

    var environment: [String: String] {
        ["SANDFLEET_URL": server.url, "SANDFLEET_API_KEY": ContractServer.key]
    }

    func run(_ arguments: String..., input: Data? = nil) async throws -> CommandLineRun {
        try await CommandLineRun(arguments, environment: environment, input: input)
    }

    func start(_ arguments: String..., input: Pipe? = nil) throws -> RunningCommandLine {
        try RunningCommandLine(arguments, environment: environment, input: input)
    }
}

/// A folder that is gone afterwards.
func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
}
