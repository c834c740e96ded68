import ArgumentParser
import Chaos
import FoundationEssentials
import Glibc

/// Runs a fleet under load, hurts it in every way, and counts what is lost.
@main
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos",
        abstract: "Run a fleet under load, kill and freeze and cut off its parts, and count what is lost."
    )

    @Option(help: "How long the load and the faults last, in seconds.")
    var seconds: Double = 60

    @Option(help: "Decides which faults come when; a new one without.")
    var seed: UInt64?

    @Option(help: "How many clients work at once.")
    var clients: Int = 6

    @Option(help: "How many faults are injected in 10 s, on average.")
    var rate: Double = 3

    @Option(help: "A file for the report as JSON.")
    var report: String?

    func validate() throws {
        guard seconds >= 5, (1...100).contains(clients), rate > 0, rate <= 20 else {
            throw ValidationError("at least 5 seconds, 1 to 100 clients, a rate of up to 20")
        }
    }

    func run() async throws {
        var options = ChaosOptions(seconds: seconds, seed: seed ?? UInt64.random(in: 1...999_999))
        options.clients = clients
        options.faultsPerTenSeconds = rate
        options.progress = { tell($0) }
        tell("seed \(options.seed)")
        let outcome = try await ChaosRun(options).run()
        print(outcome.table)
        if let report { try Data(outcome.json.utf8).write(to: URL(filePath: report)) }
        if !outcome.isClean { throw ExitCode.failure }
    }
}

private func tell(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}
