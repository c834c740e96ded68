import Bus
import Fleet
import FleetTesting
import Logging
import Model
import NATSClient
import NIOCore
import ProcessOutput
import ServiceHost

/// A broker with the fleet's roles and the stream, and one process's place in it.
struct OutputFixture: Sendable {
    let nats: NATSFixture
    let worker: Bus
    let gateway: Bus
    let workspace = WorkspaceID.now()
    let sandbox = SandboxID.now()

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    func connect(as role: BusRole) async throws -> Bus {
        try await Bus.connect(
            BusConfiguration(urls: [nats.url], user: role.name, password: nats.passwords[role.name] ?? ""),
            role: role,
            name: "test/\(role.name)",
            instance: OperationID.now().rawValue,
            clock: FleetClock(databaseTime: 1_800_000_000_000),
            logger: Self.logger
        )
    }

    func appender(
        _ process: ProcessID,
        epoch: UInt64 = 1,
        tail: OutputTail? = nil,
        bus: Bus? = nil,
        onStall: @escaping @Sendable (Bool) -> Void = { _ in }
    ) -> OutputAppender {
        OutputAppender(
            bus: bus ?? worker,
            workspace: workspace,
            sandbox: sandbox,
            process: process,
            epoch: epoch,
            tail: tail,
            logger: Self.logger,
            onStall: onStall
        )
    }

    func tail(_ process: ProcessID) async throws -> OutputTail? {
        try await worker.outputTail(workspace: workspace, sandbox: sandbox, process: process)
    }

    func reader(
        _ process: ProcessID,
        archive: SegmentFake = SegmentFake(),
        streamFirst: UInt64? = nil,
        streamLast: UInt64? = nil
    ) -> OutputReader {
        OutputReader(
            bus: gateway,
            workspace: workspace,
            sandbox: sandbox,
            process: process,
            segments: { archive.references },
            archive: archive,
            streamFirst: streamFirst,
            streamLast: streamLast
        )
    }

    /// Everything stored of a process, read message by message, without the code under test.
    func stored(_ process: ProcessID) async throws -> [ChunkBatch] {
        var batches: [ChunkBatch] = []
        var next: UInt64 = 0
        let subject = Subject.output(workspace, sandbox, process)
        let jetStream = worker.bulk.jetStream()
        while let message = try await jetStream.nextMessage(stream: OutputStream.name, subject: subject, from: next) {
            batches.append(try ChunkBatch(header: message.headers[BatchHeader.name], body: message.payload))
            next = message.sequence + 1
        }
        return batches
    }

    /// Changes the stream as an operator would.
    func change(_ change: (inout StreamConfiguration) -> Void) async throws {
        let jetStream = worker.connection.jetStream()
        var configuration = try await jetStream.streamInfo(OutputStream.name).config
        // The server's choice depends on the age.
        configuration.duplicateWindow = nil
        change(&configuration)
        try await jetStream.createOrUpdateStream(configuration)
    }
}

func withOutput(
    maximumBytes: Int64 = 200 << 20,
    jetStreamBytes: Int = 256 << 20,
    _ body: (OutputFixture) async throws -> Void
) async throws {
    try await withNATS(roles: NATSRole.embedded, jetStreamBytes: jetStreamBytes) { nats in
        let connect = { (role: BusRole) in
            try await Bus.connect(
                BusConfiguration(urls: [nats.url], user: role.name, password: nats.passwords[role.name] ?? ""),
                role: role,
                name: "test/\(role.name)",
                instance: OperationID.now().rawValue,
                clock: FleetClock(databaseTime: 1_800_000_000_000),
                logger: OutputFixture.logger
            )
        }
        let fixture = OutputFixture(nats: nats, worker: try await connect(.worker), gateway: try await connect(.gateway))
        try await OutputStream.ensure(fixture.worker, maximumBytes: maximumBytes, replicas: 1, logger: OutputFixture.logger)
        try await body(fixture)
        await fixture.worker.connection.close()
        await fixture.worker.bulk.close()
        await fixture.gateway.connection.close()
        await fixture.gateway.bulk.close()
    }
}

extension OutputFixture {
    func takeOver(_ process: ProcessID, epoch: UInt64, bus: Bus? = nil) async throws -> OutputTakeOver {
        try await OutputAppender.takeOver(
            bus: bus ?? worker,
            workspace: workspace,
            sandbox: sandbox,
            process: process,
            epoch: epoch,
            at: 0,
            logger: Self.logger
        ) { previous in
            ByteBuffer(string: #"{"status":"attached","epoch":\#(epoch),"previousEpoch":\#(previous.epoch)}"#)
        }
    }
}
