import ArchiveStore
import Bus
import Fleet
import FleetTesting
import Logging
import Model
import NATSClient
import NIOCore
import ProcessOutput
import ServiceHost

/// One process's record in a stream of its own, and an archive to move it to.
struct SegmentFixture: Sendable {
    let bus: Bus
    let archive: DirectoryArchiveStore
    let folder: String
    let workspace = WorkspaceID.now()
    let sandbox = SandboxID.now()
    let process = ProcessID.now()

    static func with(_ body: (SegmentFixture) async throws -> Void) async throws {
        try await withTemporaryDirectory { folder in
            try await withNATS(roles: [NATSRole(.reaper), NATSRole(.worker)]) { server in
                let worker = try await connect(.worker, server)
                let reaper = try await connect(.reaper, server)
                try await OutputStream.ensure(worker, maximumBytes: 128 << 20, replicas: 1, logger: worker.logger)
                let fixture = SegmentFixture(bus: reaper, archive: DirectoryArchiveStore(folder), folder: folder, worker: worker)
                let outcome: Result<Void, any Error>
                do {
                    outcome = .success(try await body(fixture))
                } catch {
                    outcome = .failure(error)
                }
                await worker.drain()
                await reaper.drain()
                try outcome.get()
            }
        }
    }

    private let worker: Bus

    private init(bus: Bus, archive: DirectoryArchiveStore, folder: String, worker: Bus) {
        self.bus = bus
        self.archive = archive
        self.folder = folder
        self.worker = worker
    }

    private static func connect(_ role: BusRole, _ server: NATSFixture) async throws -> Bus {
        try await Bus.connect(
            BusConfiguration(urls: [server.url], user: role.name, password: server.passwords[role.name] ?? ""),
            role: role,
            name: "test",
            instance: OperationID.now().rawValue,
            clock: FleetClock(databaseTime: 1_800_000_000_000),
            logger: Logger(label: "test")
        )
    }

    /// Stores random output of both streams in messages of about so many bytes, and returns what was stored.
    func write(batches count: Int, bytes: Int, from position: OutputPosition = OutputPosition(), ends: Bool = false)
        async throws -> [ChunkBatch]
    {
        var composer = ChunkComposer(position: position, epoch: 1)
        let tail = try await bus.outputTail(workspace: workspace, sandbox: sandbox, process: process)
        let appender = OutputAppender(
            bus: worker,
            workspace: workspace,
            sandbox: sandbox,
            process: process,
            epoch: 1,
            tail: tail,
            logger: worker.logger
        )
        var generator = SystemRandomNumberGenerator()
        var batches: [ChunkBatch] = []
        for index in 0..<count {
            for stream in [ChunkType.stdout, .stderr] {
                let some = (0..<Int.random(in: 1...bytes / 2)).map { _ in UInt8.random(in: 0...9, using: &generator) }
                composer.add(ByteBuffer(bytes: some), to: stream, at: Int64(index))
            }
            if ends, index == count - 1 { composer.add(.exit, ByteBuffer(string: "{}"), at: Int64(index)) }
            while let batch = composer.next() {
                try await appender.append(batch)
                batches.append(batch)
            }
        }
        return batches
    }

    func writer(limit: Int = SegmentWriter.maximumLength) -> SegmentWriter {
        SegmentWriter(bus: bus, archive: archive, workspace: workspace, sandbox: sandbox, process: process, limit: limit)
    }

    func tail() async throws -> OutputTail {
        guard let tail = try await bus.outputTail(workspace: workspace, sandbox: sandbox, process: process) else {
            throw FixtureError("nothing is stored")
        }
        return tail
    }

    /// Archives everything that is stored.
    func archiveAll(limit: Int) async throws -> [SegmentReference] {
        let goal = try await tail()
        var references: [SegmentReference] = []
        while let written = try await writer(limit: limit).write(from: (references.last?.streamSequence ?? 0) + 1, to: goal) {
            references.append(written.reference)
        }
        return references
    }

    /// Everything that a piece holds.
    func batches(of reference: SegmentReference) async throws -> [ChunkBatch] {
        let reading = try await ArchivedSegments(archive).batches(of: reference)
        var batches: [ChunkBatch] = []
        while let batch = try await reading.next() { batches.append(batch) }
        return batches
    }

    func reader(_ references: [SegmentReference]) -> OutputReader {
        OutputReader(
            bus: bus,
            workspace: workspace,
            sandbox: sandbox,
            process: process,
            segments: { references },
            archive: ArchivedSegments(archive)
        )
    }

    /// Deletes one message of the stream.
    func delete(_ sequence: UInt64) async throws {
        _ = try await bus.connection.request(
            subject: "$JS.API.STREAM.MSG.DELETE.OUTPUT",
            payload: ByteBuffer(string: "{\"seq\":\(sequence)}"),
            timeout: .seconds(5)
        )
    }
}

/// The error of reading, when it is one of output.
func outputError(_ body: () async throws -> Void) async throws -> OutputError? {
    do {
        try await body()
        return nil
    } catch let error as OutputError {
        return error
    }
}
