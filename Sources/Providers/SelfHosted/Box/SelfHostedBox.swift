import Model
import NIOCore
import ProviderKit
import Wire

/// A sandbox on a user's machine, as its owner sees it.
struct SelfHostedBox: Box {
    /// How long an operation waits for its machine.
    static let limit = Duration.seconds(30)

    let envelope: Envelope
    let keeper: Keeper
    let environment: [String: String]

    var isFresh: Bool { keeper.isFresh }
    var lossReason: String? { keeper.lostReason }

    /// Waits for the machine, and sees whether what held the sandbox's processes is still there.
    func prepareStart() async throws(DriverError) {
        try await mapped { () throws(SelfHostedFailure) in
            try keeper.requireCommands()
            try await keeper.confirm(.within(Self.limit))
        }
    }

    func start(_ command: BoxCommand) async throws(DriverError) -> any BoxProcess {
        try await mapped { () throws(SelfHostedFailure) in
            try keeper.requireCommands()
            return try await SelfHostedProcess.start(command, environment: environment, in: keeper)
        }
    }

    func attach(_ id: String, stdout: UInt64, stderr: UInt64) async throws(DriverError) -> any BoxProcess {
        try await mapped { () throws(SelfHostedFailure) in
            try await SelfHostedProcess.attach(id, stdout: stdout, stderr: stderr, in: keeper)
        }
    }

    func processes() async throws(DriverError) -> [BoxProcessListing] {
        try await mapped { () throws(SelfHostedFailure) in
            let answer = try await keeper.call(.within(Self.limit)) { $0.processes = WireAgentProcesses() }
            guard case .processes(let list) = answer.result else { throw .notUnderstood }
            return list.processes.map { process in
                BoxProcessListing(
                    id: process.processID,
                    externalID: process.externalID,
                    isRunning: process.running,
                    stdoutStart: process.stdoutStart,
                    stderrStart: process.stderrStart
                )
            }
        }
    }

    func waitUntilClosed() async { await keeper.waitUntilClosed() }

    func detach() async { keeper.detach() }
}
