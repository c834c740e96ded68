import Foundation
import Testing

@testable import ExecutionEngine

@Suite struct SpoolTests {
    private func withSpool(limit: UInt64, _ body: (Spool, String) throws -> Void) throws {
        let directory = NSTemporaryDirectory() + "spool-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let loop = try EventLoop()
        try body(try Spool(directory: directory, limit: limit, loop: loop), directory)
    }

    private func files(_ directory: String) throws -> [String: Int] {
        var sizes: [String: Int] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            sizes[name] = try FileManager.default.attributesOfItem(atPath: directory + "/" + name)[.size] as? Int
        }
        return sizes
    }

    /// Two streams of one spool, held against arrays and numbers.
    @Test func agreesWithArrays() throws {
        try withSpool(limit: 600_000) { spool, directory in
            var logs = [OutputLog(), OutputLog()]
            var all: [[UInt8]] = [[], []]
            var starts = [0, 0]
            for round in 0..<3000 {
                let which = Int.random(in: 0...1)
                let length = Int.random(in: 0...(round % 20 == 0 ? 90_000 : 4000))
                let bytes = (0..<length).map { _ in UInt8.random(in: 0...255) }
                bytes.withUnsafeBytes { logs[which].append($0) }
                all[which] += bytes
                if Int.random(in: 0..<3) == 0 {
                    try logs[which].spill(into: spool)
                    #expect(spool.used <= 600_000)
                    #expect(logs[which].heldBytes == 0 || spool.room(for: 1) == 0)
                }
                if Int.random(in: 0..<4) == 0 {
                    let offset = Int.random(in: starts[which]...all[which].count)
                    logs[which].acknowledge(upTo: UInt64(offset))
                    starts[which] = max(starts[which], offset)
                }
                #expect(logs[which].start == UInt64(starts[which]) && logs[which].end == UInt64(all[which].count))
                let from = Int.random(in: starts[which]...all[which].count)
                let read = try logs[which].bytes(from: UInt64(from), limit: 5000)
                #expect(Array(read) == Array(all[which][from...].prefix(read.count)))
                #expect(read.isEmpty == (from == all[which].count))
                if round % 100 == 0 {
                    #expect(try files(directory).values.reduce(0, +) == Int(spool.used))
                }
            }
            for which in 0...1 {
                logs[which].acknowledge(upTo: logs[which].end)
            }
            #expect(try spool.used == 0 && files(directory).isEmpty)
        }
    }

    @Test func whatWasCutShortIsAnErrorAndNotTheEnd() throws {
        try withSpool(limit: 1 << 20) { spool, directory in
            var log = OutputLog()
            [UInt8](repeating: 7, count: 50_000).withUnsafeBytes { log.append($0) }
            try log.spill(into: spool)
            let name = try #require(try files(directory).keys.first)
            #expect(truncate(directory + "/" + name, 100) == 0)
            #expect(try log.bytes(from: 0, limit: 1000).count == 100)
            #expect(throws: SystemError(code: EIO)) { try log.bytes(from: 100, limit: 1000) }
        }
    }

    @Test func aSpoolOfNothingTakesNothing() throws {
        try withSpool(limit: 0) { spool, directory in
            var log = OutputLog()
            [UInt8](repeating: 7, count: 5000).withUnsafeBytes { log.append($0) }
            try log.spill(into: spool)
            #expect(try log.heldBytes == 5000 && files(directory).isEmpty)
        }
    }

    @Test func whatAPredecessorLeftIsRemovedAndNothingElse() throws {
        let directory = NSTemporaryDirectory() + "spool-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for name in ["0000000000000001.spool", "00000000000000ff.spool", "mine.spool", "record.json"] {
            try Data("x".utf8).write(to: URL(fileURLWithPath: directory + "/" + name))
        }
        let loop = try EventLoop()
        let spool = try Spool(directory: directory, limit: 1 << 20, loop: loop)
        #expect(try Set(files(directory).keys) == ["mine.spool", "record.json"] && spool.used == 0)
    }
}
