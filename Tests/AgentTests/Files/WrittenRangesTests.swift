import FleetTesting
import Testing

@testable import Agent

@Suite struct WrittenRangesTests {
    /// Against a plain set of bytes, in random order.
    @Test func rangesAreWhatWasWritten() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("WrittenRangesTests seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var ranges = WrittenRanges()
            var bytes: Set<UInt64> = []
            for _ in 0..<20 {
                let start = UInt64.random(in: 0..<40, using: &random)
                let new = start..<start + UInt64.random(in: 0..<12, using: &random)
                #expect(ranges.contains(new) == new.allSatisfy(bytes.contains))
                ranges.insert(new)
                bytes.formUnion(new)
                #expect(Set(ranges.ranges.joined()) == bytes)
                #expect(zip(ranges.ranges, ranges.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
                let gap = (0...60).first { !bytes.contains($0) } ?? 0
                #expect(ranges.firstGap == gap)
                #expect(ranges.isWhole(UInt64(bytes.count)) == (bytes == Set(0..<UInt64(bytes.count))))
            }
        }
    }
}
