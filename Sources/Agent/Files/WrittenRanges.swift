/// Which bytes of a file have been written, in whatever order.
struct WrittenRanges: Sendable, Equatable {
    /// Apart from one another, in order.
    private(set) var ranges: [Range<UInt64>] = []

    mutating func insert(_ new: Range<UInt64>) {
        guard !new.isEmpty else { return }
        var joined = new
        var rest: [Range<UInt64>] = []
        for range in ranges {
            if range.upperBound < joined.lowerBound || range.lowerBound > joined.upperBound {
                rest.append(range)
            } else {
                joined = min(range.lowerBound, joined.lowerBound)..<max(range.upperBound, joined.upperBound)
            }
        }
        let index = rest.firstIndex { $0.lowerBound > joined.lowerBound } ?? rest.endIndex
        rest.insert(joined, at: index)
        ranges = rest
    }

    func contains(_ range: Range<UInt64>) -> Bool {
        range.isEmpty || ranges.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
    }

    /// Whether these are the bytes of a file of that size, and no more.
    func isWhole(_ size: UInt64) -> Bool { size == 0 ? ranges.isEmpty : ranges == [0..<size] }

    /// Where the first missing byte lies.
    var firstGap: UInt64 { ranges.first.map { $0.lowerBound == 0 ? $0.upperBound : 0 } ?? 0 }
}
