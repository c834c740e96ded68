import Bus
import Model
import NATSClient
import NIOCore
import ProcessOutput
import ServiceHost

/// A record as it was written, batch by batch.
struct Written {
    var batches: [ChunkBatch] = []
    /// Where each lies in the stream.
    var sequences: [UInt64] = []

    /// What reading from there has to give, said as simply as possible.
    func model(from start: OutputReader.Start) -> [ChunkBatch] {
        let first = batches.firstIndex { batch in
            if batch.position.hasEnded { return true }
            switch start {
            case .sequence(let sequence): return batch.position.sequence >= sequence
            case .offsets(let stdout, let stderr):
                return batch.position.stdout > stdout ?? .max || batch.position.stderr > stderr ?? .max
            }
        }
        return first.map { Array(batches[$0...]) } ?? []
    }
}

extension OutputFixture {
    /// Writes a record of random shape, with other processes' messages in between.
    func write(
        _ process: ProcessID,
        batches: Int,
        ends: Bool,
        _ random: inout SeededRandom
    ) async throws -> Written {
        let appender = appender(process)
        var composer = ChunkComposer(position: OutputPosition(), epoch: 1)
        var written = Written()
        for number in 1...batches {
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let bytes = ByteBuffer(
                    repeating: .random(in: 0x20...0x7E, using: &random),
                    count: .random(in: 1...2_000, using: &random)
                )
                switch Int.random(in: 0..<4, using: &random) {
                case 0: composer.add(.metadata, ByteBuffer(string: "{}"), at: 0)
                case 1: composer.add(bytes, to: .stderr, at: 0)
                default: composer.add(bytes, to: .stdout, at: 0)
                }
            }
            if number == batches, ends { composer.add(.exit, ByteBuffer(string: "{}"), at: 0) }
            let batch = try composer.batch()
            try await appender.append(batch)
            written.batches.append(batch)
            written.sequences.append(appender.lastStreamSequence ?? 0)
            for _ in 0..<Int.random(in: 0...3, using: &random) { try await publish(.now(), header: "1;1;1;1;0;0;o") }
        }
        return written
    }

    /// Stores some message.
    func publish(_ process: ProcessID, header: String) async throws {
        _ = try await worker.bulk.jetStream()
            .publish(
                subject: Subject.output(workspace, sandbox, process),
                headers: [BatchHeader.name: header],
                payload: ByteBuffer()
            )
    }

    /// Removes messages, as age does.
    func delete(_ sequences: ArraySlice<UInt64>) async throws {
        let reaper = try await connect(as: .reaper)
        for sequence in sequences {
            let body = ByteBuffer(string: #"{"seq":\#(sequence),"no_erase":true}"#)
            _ = try await reaper.connection.request(
                subject: "$JS.API.STREAM.MSG.DELETE.\(OutputStream.name)",
                payload: body,
                timeout: .seconds(5)
            )
        }
        await reaper.connection.close()
        await reaper.bulk.close()
    }
}

extension OutputReader {
    func all(from start: Start) async throws -> [ChunkBatch] {
        var found: [ChunkBatch] = []
        for try await batch in batches(from: start) { found.append(batch) }
        return found
    }
}

extension ByteBuffer {
    func last(_ limit: Int) -> ByteBuffer {
        let length = min(limit, readableBytes)
        return getSlice(at: writerIndex - length, length: length) ?? ByteBuffer()
    }
}
