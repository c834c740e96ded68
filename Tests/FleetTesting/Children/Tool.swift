package import Fleet
import Glibc

/// A program that runs to its end.
package enum Tool {
    /// Runs it; its output, or an error that holds it, also when it does not end.
    @discardableResult
    package static func run(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        account: Account? = nil,
        within limit: Duration = .seconds(120)
    ) async throws -> String {
        try await withTemporaryDirectory { folder in
            let log = "\(folder)/output"
            let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
            var child = ChildSpecification(
                executable: executable,
                arguments: arguments,
                environment: environment.merging(["PATH": path, "LC_ALL": "C.UTF-8"]) { own, _ in own },
                log: log
            )
            child.account = account
            let process = try await ChildProcess.spawn(child)
            let status: WaitStatus
            do {
                status = try await process.ended(within: limit)
            } catch {
                process.killAll()
                throw error
            }
            let output = TextFile.read(log)?.trimmed ?? ""
            guard status == .exited(0) else { throw FixtureError("\(executable) ended with \(status): \(output)") }
            return output
        }
    }
}
