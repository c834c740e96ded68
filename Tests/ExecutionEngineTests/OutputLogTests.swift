import Testing

@testable import ExecutionEngine

@Suite struct OutputLogTests {
    /// Holds against the plain thing: an array and a number.
    @Test func agreesWithAnArray() throws {
        var log = OutputLog()
        var all: [UInt8] = []
        var start = 0
        for round in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...(round % 50 == 0 ? 9000 : 40))).map { _ in UInt8.random(in: 0...255) }
            bytes.withUnsafeBytes { log.append($0) }
            all += bytes
            if round % 3 == 0 {
                let offset = Int.random(in: 0...all.count + 5)
                log.acknowledge(upTo: UInt64(offset))
                start = max(start, min(offset, all.count))
            }
            #expect(log.start == UInt64(start))
            #expect(log.end == UInt64(all.count))
            let from = Int.random(in: start...all.count)
            let read = try log.bytes(from: UInt64(from), limit: 100)
            #expect(Array(read) == Array(all[from...].prefix(read.count)))
            #expect(read.isEmpty == (from == all.count))
        }
    }

    @Test func whatIsForgottenIsNotAnswered() throws {
        var log = OutputLog()
        [1, 2, 3].withUnsafeBytes { log.append(UnsafeRawBufferPointer(rebasing: $0[..<3])) }
        log.acknowledge(upTo: 2)
        #expect(try log.bytes(from: 0, limit: 10).isEmpty)
        #expect(!log.covers(1))
        #expect(log.covers(2) && log.covers(3) && !log.covers(4))
    }
}
