import Chaos
import FoundationEssentials
import Testing

/// The whole fleet under load and faults, for a short while; `make chaos` runs it for as long as one likes.
@Suite(.serialized) struct ChaosTests {
    @Test(.timeLimit(.minutes(9))) func nothingIsLostWhateverIsKilled() async throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SANDFLEET_CHAOS_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...999_999)
        var options = ChaosOptions(seconds: 40, seed: seed)
        options.clients = 4
        options.patience = .seconds(180)
        let report = try await ChaosRun(options).run()
        print(report.table)
        #expect(report.isClean, "\(report.table)")
        #expect(report.faults.values.reduce(0, +) > 0)
        #expect(report.work["lines acknowledged", default: 0] > 0)
    }
}
