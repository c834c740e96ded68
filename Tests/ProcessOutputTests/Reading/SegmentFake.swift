import ProcessOutput

/// An archive in memory.
struct SegmentFake: SegmentReading {
    var references: [SegmentReference] = []
    var pieces: [String: [ChunkBatch]] = [:]

    /// Archives batches that follow one another.
    mutating func add(_ batches: [ChunkBatch], streamSequence: UInt64) {
        guard let first = batches.first, let last = batches.last else { return }
        let object = "piece-\(references.count)"
        pieces[object] = batches
        references.append(
            SegmentReference(
                firstSequence: first.firstSequence,
                lastSequence: last.lastSequence,
                stdoutStart: first.start(of: .stdout) ?? 0,
                stdoutEnd: last.position.stdout,
                stderrStart: first.start(of: .stderr) ?? 0,
                stderrEnd: last.position.stderr,
                streamSequence: streamSequence,
                object: object
            )
        )
    }

    func batches(of segment: SegmentReference) async throws -> any SegmentBatches {
        guard let batches = pieces[segment.object] else {
            throw OutputError.expired(upTo: segment.lastSequence)
        }
        return List(batches)
    }

    private final class List: SegmentBatches {
        private var rest: ArraySlice<ChunkBatch>

        init(_ batches: [ChunkBatch]) {
            rest = batches[...]
        }

        func next() async throws -> ChunkBatch? { rest.popFirst() }
    }
}
