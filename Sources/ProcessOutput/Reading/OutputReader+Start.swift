extension OutputReader.Start {
    /// Whether a record that stands there after a batch has reached the start within it, or has nothing after it.
    func isReached(by position: OutputPosition) -> Bool {
        if position.hasEnded { return true }
        switch self {
        case .sequence(let sequence): return position.sequence >= sequence
        case .offsets(nil, nil): return true
        case .offsets(let stdout, let stderr):
            return stdout.map { position.stdout > $0 } ?? false || stderr.map { position.stderr > $0 } ?? false
        }
    }

    /// Whether nothing of what is asked for lies before the batch.
    func isNotBefore(_ batch: ChunkBatch) -> Bool {
        switch self {
        case .sequence(let sequence): return max(1, sequence) >= batch.firstSequence
        case .offsets(nil, nil): return batch.firstSequence == 1
        case .offsets(let stdout, let stderr):
            return stdout.map { $0 >= batch.start(of: .stdout) ?? 0 } ?? true
                && stderr.map { $0 >= batch.start(of: .stderr) ?? 0 } ?? true
        }
    }

    func isReached(by segment: SegmentReference) -> Bool {
        isReached(
            by: OutputPosition(
                sequence: segment.lastSequence,
                stdout: segment.stdoutEnd,
                stderr: segment.stderrEnd
            )
        )
    }

    func isNotBefore(_ segment: SegmentReference) -> Bool {
        switch self {
        case .sequence(let sequence): return max(1, sequence) >= segment.firstSequence
        case .offsets(nil, nil): return segment.firstSequence == 1
        case .offsets(let stdout, let stderr):
            return stdout.map { $0 >= segment.stdoutStart } ?? true && stderr.map { $0 >= segment.stderrStart } ?? true
        }
    }
}
