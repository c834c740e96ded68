import Fleet
import Glibc

/// Lends a server of a test to `body`: a program that prints the number of its port when it listens.
///
/// What it writes to standard error is part of the error when it does not come to listen. SIGTERM ends it.
package func withServer<Result>(
    _ executable: String,
    _ arguments: [String],
    _ body: (_ port: UInt16) async throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { folder in
        var server = ChildSpecification(executable: executable, arguments: arguments, log: "\(folder)/log")
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        server.environment = ["PATH": path, "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8"]
        server.deathSignal = SIGTERM
        let process = try await ChildProcess.spawn(server)
        let outcome: Swift.Result<Result, any Error>
        do {
            var port: UInt16?
            try await eventually("\(arguments) listens") {
                let log = TextFile.read(server.log) ?? ""
                port = log.split(separator: "\n").lazy.compactMap { UInt16($0) }.first
                if let end = process.exit.value { throw FixtureError("\(arguments) ended with \(end): \(log)") }
                return port != nil
            }
            guard let port else { throw FixtureError("\(arguments) has no port") }
            outcome = .success(try await body(port))
        } catch {
            outcome = .failure(error)
        }
        await process.stop([StopStep(SIGTERM, grace: .seconds(5))])
        return try outcome.get()
    }
}
