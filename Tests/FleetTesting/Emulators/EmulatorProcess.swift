import CurlTransport
import Fleet
package import FoundationEssentials
import Glibc
import NIOCore
import NIOFoundationCompat

/// An emulator of a provider in the cloud, in a child process; see `Tests/Emulators/README.md`.
package final class EmulatorProcess: Sendable {
    /// The one token that is accepted.
    package static let token = "emulated-token"

    /// Where its API is, without a slash at the end: `http://127.0.0.1:PORT`.
    package let baseURL: String
    private let process: ChildProcess
    private let log: String
    private let transport: HTTPTransport

    private init(baseURL: String, process: ChildProcess, log: String, transport: HTTPTransport) {
        self.baseURL = baseURL
        self.process = process
        self.log = log
        self.transport = transport
    }

    /// Starts one; returns when it listens.
    ///
    /// - Parameters:
    ///   - provider: Its folder in `Tests/Emulators`.
    ///   - options: More for its command line: `["--delay", "start=0.5"]`.
    ///   - folder: Where its log is written.
    package static func start(
        _ provider: String,
        _ options: [String] = [],
        in folder: String
    ) async throws -> EmulatorProcess {
        // This file lies in Tests/FleetTesting/Emulators.
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let environment = ProcessInfo.processInfo.environment
        var program = ChildSpecification(
            executable: environment["SANDFLEET_TEST_PYTHON"] ?? "/usr/bin/python3",
            arguments: ["-B", tests.appending(path: "Emulators/run.py").path, provider, "--token", token] + options,
            environment: [
                "PATH": environment["PATH"] ?? "/usr/bin:/bin", "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8",
            ],
            log: "\(folder)/emulator-\(provider).log"
        )
        program.deathSignal = SIGTERM
        let process = try await ChildProcess.spawn(program)
        var url: String?
        do {
            try await eventually("the emulator of \(provider) listens", within: .seconds(60)) {
                let output = TextFile.read(program.log) ?? ""
                if let end = process.exit.value { throw FixtureError("the emulator ended with \(end): \(output)") }
                let listening = "listening on "
                // A line that is not whole yet may hold half a port.
                url = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                    .first { $0.hasPrefix(listening) }.map { String($0.dropFirst(listening.count)) }
                return url != nil
            }
        } catch {
            await process.stop([StopStep(SIGTERM, grace: .seconds(5))])
            throw error
        }
        return EmulatorProcess(
            baseURL: url ?? "",
            process: process,
            log: program.log,
            transport: try HTTPTransport(HTTPTransport.Configuration(proxy: .none))
        )
    }

    /// Lets some of the next requests go wrong.
    package func inject(_ fault: EmulatorFault) async throws {
        try await control("POST", "faults", JSONEncoder().encode(fault))
    }

    /// Nothing goes wrong any more.
    package func clearFaults() async throws {
        try await control("DELETE", "faults")
    }

    /// How often each fault was met so far, in the order in which they were injected.
    package func faults() async throws -> [EmulatorFault.Count] {
        struct Document: Decodable { let faults: [EmulatorFault.Count] }
        return try JSONDecoder().decode(Document.self, from: try await control("GET", "faults")).faults
    }

    /// The requests that came after the one of this number, oldest first.
    package func requests(since number: Int = 0) async throws -> [EmulatedRequest] {
        struct Document: Decodable { let requests: [EmulatedRequest] }
        return try JSONDecoder().decode(Document.self, from: try await control("GET", "requests?since=\(number)")).requests
    }

    /// How many requests of this method had a path that ends so.
    package func count(_ method: String, _ suffix: String) async throws -> Int {
        try await requests().count { $0.method == method && $0.path.hasSuffix(suffix) }
    }

    package func clearRequests() async throws {
        try await control("DELETE", "requests")
    }

    /// What there is at the provider, as JSON of the emulator's own.
    package func state() async throws -> Data {
        try await control("GET", "state")
    }

    /// Pushes its clock on: for what expires.
    package func advance(seconds: Double) async throws {
        try await control("POST", "clock", JSONEncoder().encode(["advance": seconds]))
    }

    /// Calls `/_emulator/<path>`, also for what only one emulator has.
    @discardableResult
    package func control(_ method: String, _ path: String, _ body: Data? = nil) async throws -> Data {
        var request = HTTPTransportRequest(method: method, url: "\(baseURL)/_emulator/\(path)", deadline: .seconds(60))
        if let body {
            request.headers = ["Content-Type": "application/json"]
            request.body = .bytes(ByteBuffer(data: body))
        }
        let answer = try await transport.send(request)
        let content = Data(try await answer.collect(upTo: 64 << 20).readableBytesView)
        guard answer.status < 300 else {
            throw FixtureError(
                "\(method) \(path) was answered \(answer.status): \(String(decoding: content, as: UTF8.self))"
            )
        }
        return content
    }

    /// Ends it, and throws when it has made a mistake itself.
    package func stop() async throws {
        struct State: Decodable { let crashes: [String] }
        let state: Result<State, any Error>
        do {
            state = .success(try JSONDecoder().decode(State.self, from: try await self.state()))
        } catch {
            state = .failure(error)
        }
        await process.stop([StopStep(SIGTERM, grace: .seconds(60))])
        guard try state.get().crashes.isEmpty, process.exit.value == .exited(0) else {
            throw FixtureError("the emulator has failed, and ended with \(process.exit.value as Any):\n\(output)")
        }
    }

    /// What it has written.
    package var output: String { TextFile.read(log) ?? "" }
}

/// Lends an emulator to `body`; a mistake of the emulator itself is an error.
package func withEmulator<Result>(
    _ provider: String,
    _ options: [String] = [],
    _ body: (EmulatorProcess) async throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { folder in
        let emulator = try await EmulatorProcess.start(provider, options, in: folder)
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(emulator))
        } catch {
            outcome = .failure(error)
        }
        do {
            try await emulator.stop()
        } catch {
            // What the test has found comes first.
            _ = try outcome.get()
            throw error
        }
        return try outcome.get()
    }
}
