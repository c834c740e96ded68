/// The older part of a stream's output, in files that follow one another without a gap.
final class SpooledOutput {
    private let spool: Spool
    private var segments: [SpoolSegment] = []

    init(_ spool: Spool) {
        self.spool = spool
    }

    /// Takes bytes that begin at this offset, where the last ones ended; returns how many, 0 when there is no room.
    func append(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(SystemError) -> Int {
        guard spool.room(for: 1) > 0 else { return 0 }
        let segment = try segmentForAppending(at: offset)
        return try segment.append(UnsafeRawBufferPointer(rebasing: bytes.prefix(segment.room)))
    }

    private func segmentForAppending(at offset: UInt64) throws(SystemError) -> SpoolSegment {
        if let last = segments.last, last.count < spool.segmentLimit {
            return last
        }
        let segment = try SpoolSegment(start: offset, in: spool)
        segments.append(segment)
        return segment
    }

    /// The bytes from an offset on that it holds, as many as lie together.
    func read(from offset: UInt64, limit: Int) throws(SystemError) -> ArraySlice<UInt8> {
        // By halves: an owner that is far behind reads through hundreds.
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if segments[middle].end <= offset {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return try segments[low].read(from: offset, limit: limit)
    }

    /// Removes the files that nobody needs any more.
    func acknowledge(upTo offset: UInt64) {
        let done = segments.prefix { $0.end <= offset }.count
        segments.removeFirst(done)
    }
}
