/// One pass over what is stored, from a start on; used by one task at a time.
///
/// The stream is asked first: it answers at once for what is young. Where it has a hole the archive is asked, and after
/// the archive the stream again.
final class OutputCursor {
    private enum Source {
        case unopened
        /// Messages at or after a stream sequence.
        case stream(from: UInt64)
        case found(StoredBatch)
        case archive(any SegmentBatches, SegmentReference, rest: ArraySlice<SegmentReference>)
        case exhausted
    }

    private let reader: OutputReader
    private let record: StreamRecord
    /// What has to come next.
    private var target: OutputReader.Start
    private var source = Source.unopened
    /// The stream sequence of the newest message that this pass goes to.
    private var bound: UInt64 = 0
    private var isArchiveBarren = false
    private var prefetch: Task<StoredBatch?, any Error>?
    /// Messages up to here have been given out, or lie before the start.
    private(set) var streamSequence: UInt64

    /// - Parameter after: Where in the stream everything before the start is known to lie; 0 when that is not known.
    init(_ reader: OutputReader, from start: OutputReader.Start, after: UInt64 = 0) {
        self.reader = reader
        record = reader.record
        target = start == .offsets(stdout: nil, stderr: nil) ? .sequence(1) : start
        streamSequence = after
    }

    deinit {
        prefetch?.cancel()
    }

    /// The next batch; nil after the newest that was stored when this pass began.
    func next() async throws -> StoredBatch? {
        while true {
            switch source {
            case .unopened:
                try await open()
            case .found(let stored):
                if target.isNotBefore(stored.batch) { return give(stored) }
                try await openArchive(before: stored.batch.firstSequence)
            case .stream(let from):
                guard from <= bound else {
                    source = .exhausted
                    continue
                }
                if let stored = try await fetch(from) {
                    source = .found(stored)
                } else {
                    try await openArchive(before: nil)
                }
            case .archive(let batches, let segment, let rest):
                if let batch = try await batches.next() {
                    if target.isReached(by: batch.position) { return give(batch) }
                } else {
                    try await leave(segment, rest)
                }
            case .exhausted:
                return nil
            }
        }
    }
}

extension OutputCursor {
    private func open() async throws {
        var tail: StoredBatch?
        var first = reader.streamFirst
        if let last = reader.streamLast, first != nil || streamSequence > 0 {
            bound = last
        } else {
            if let last = reader.streamLast {
                bound = last
                tail = try await record.next(from: last, known: last)
            } else {
                tail = try await record.last()
            }
            guard let tail else { return try await openArchive(before: nil) }
            bound = tail.streamSequence
            first = first ?? tail.firstStreamSequence
            guard target.isReached(by: tail.batch.position) else {
                streamSequence = bound
                source = .exhausted
                return
            }
            if target.isNotBefore(tail.batch) {
                source = .found(tail)
                return
            }
        }
        if streamSequence > 0 {
            source = .stream(from: streamSequence + 1)
        } else if case .sequence(...1) = target {
            source = .stream(from: first ?? 1)
        } else {
            try await seek(from: first ?? 1, tail)
        }
    }

    /// Finds the first message that reaches the target, by halving: headers tell where the record stands (rule 20).
    private func seek(from first: UInt64, _ tail: StoredBatch?) async throws {
        var low = first
        var high = bound
        var candidate = tail
        while low <= high {
            if let candidate, target.isNotBefore(candidate.batch) { break }
            let middle = low + (high - low) / 2
            guard let found = try await record.next(from: middle, known: bound) else {
                return try await openArchive(before: nil)
            }
            if found.streamSequence > high {
                high = middle - 1
                if candidate == nil, target.isReached(by: found.batch.position) { candidate = found }
            } else if target.isReached(by: found.batch.position) {
                candidate = found
                high = middle - 1
            } else {
                low = found.streamSequence + 1
            }
        }
        if let candidate {
            source = .found(candidate)
        } else {
            streamSequence = bound
            source = .exhausted
        }
    }

    private func fetch(_ sequence: UInt64) async throws -> StoredBatch? {
        guard let task = prefetch else { return try await record.next(from: sequence, known: bound) }
        prefetch = nil
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    private func give(_ stored: StoredBatch) -> StoredBatch {
        let next = stored.streamSequence + 1
        streamSequence = stored.streamSequence
        target = .sequence(stored.batch.lastSequence + 1)
        isArchiveBarren = false
        source = .stream(from: next)
        if next <= bound {
            let record = record
            let bound = bound
            // Not a child, because an iterator has no scope that one could live in; it ends with this pass.
            prefetch = Task { try await record.next(from: next, known: bound) }
        }
        return stored
    }
}

extension OutputCursor {
    /// Looks for the target in the archive.
    ///
    /// - Parameter sequence: Of the first chunk that the stream does have after the target, if any.
    private func openArchive(before sequence: UInt64?) async throws {
        prefetch?.cancel()
        prefetch = nil
        let segments = try await reader.segments()
        guard !isArchiveBarren else { throw OutputError.malformed("an archived piece lacks what it should hold") }
        var index = segments.firstIndex { target.isReached(by: $0) }
        if index == nil, sequence == nil, let last = segments.last, last.streamSequence > streamSequence,
            bound == 0 || last.streamSequence >= bound
        {
            // Beyond the end of a record that is archived whole: its last batch may say that it has ended.
            index = segments.endIndex - 1
        }
        guard let index else {
            if let sequence { throw OutputError.expired(upTo: sequence - 1) }
            if bound > streamSequence { throw OutputError.expired(upTo: wantedSequence) }
            source = .exhausted
            return
        }
        guard target.isNotBefore(segments[index]) || !target.isReached(by: segments[index]) else {
            throw OutputError.expired(upTo: segments[index].firstSequence - 1)
        }
        isArchiveBarren = true
        try await enter(segments[index...])
    }

    private var wantedSequence: UInt64 {
        if case .sequence(let sequence) = target { sequence } else { 1 }
    }

    private func enter(_ segments: ArraySlice<SegmentReference>) async throws {
        guard let segment = segments.first else { return }
        source = .archive(try await reader.archive.batches(of: segment), segment, rest: segments.dropFirst())
    }

    private func leave(_ segment: SegmentReference, _ rest: ArraySlice<SegmentReference>) async throws {
        streamSequence = max(streamSequence, segment.streamSequence)
        if let next = rest.first, target.isNotBefore(next) {
            try await enter(rest)
        } else {
            source = .stream(from: streamSequence + 1)
        }
    }

    private func give(_ batch: ChunkBatch) -> StoredBatch {
        target = .sequence(batch.lastSequence + 1)
        isArchiveBarren = false
        return StoredBatch(batch: batch, streamSequence: streamSequence)
    }
}
