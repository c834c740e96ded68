import Bus
import Model
import NATSClient

/// One process's messages in the stream.
struct StreamRecord: Sendable {
    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(1)

    private let jetStream: JetStream
    private let subject: String
    /// For how long a broker that does not answer is asked again.
    var patience = Duration.seconds(10)

    init(
        bus: Bus,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        process: ProcessID
    ) {
        jetStream = bus.bulk.jetStream()
        subject = Subject.output(workspace, sandbox, process)
    }

    /// The newest message, by any replica.
    func last() async throws -> StoredBatch? {
        try await stored { try await jetStream.lastMessage(stream: OutputStream.name, subject: subject, via: .direct) }
    }

    /// The first message at or after a stream sequence.
    ///
    /// - Parameter known: Where a later or this very message is known to lie. A replica that lags does not have it yet:
    ///   then the leader is asked.
    func next(from sequence: UInt64, known: UInt64) async throws -> StoredBatch? {
        let found = try await stored {
            try await jetStream.nextMessage(stream: OutputStream.name, subject: subject, from: sequence)
        }
        guard found == nil, sequence <= known else { return found }
        return try await stored {
            try await jetStream.nextMessage(stream: OutputStream.name, subject: subject, from: sequence, via: .leader)
        }
    }

    /// The stream sequence of the newest message of all processes.
    func end() async throws -> UInt64 {
        try await asking { try await jetStream.streamInfo(OutputStream.name).state.lastSequence }
    }

    private func stored(_ question: () async throws -> JetStreamMessage?) async throws -> StoredBatch? {
        try await asking(question).map { try StoredBatch($0) }
    }

    private func asking<Answer>(_ question: () async throws -> Answer) async throws -> Answer {
        let start = ContinuousClock.now
        var pause = Self.firstPause
        while true {
            do {
                return try await question()
            } catch let error as NATSError {
                guard error.mayPass, ContinuousClock.now - start < patience else {
                    throw OutputError.unavailable("\(error)")
                }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, Self.longestPause)
            }
        }
    }
}
