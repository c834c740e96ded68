import NIOCore
import Testing

@testable import Worker

@Suite struct TarScannerTests {
    private static let limits = TarLimits(entries: 100, bytes: 1 << 20)

    @Test(arguments: [1, 7, 511, 512, 513, 1 << 20])
    func whatIsHarmlessPasses(_ piece: Int) throws {
        let long = String(repeating: "long/", count: 60) + "name"
        let bytes = TarBuilder.build { tar in
            tar.add("./", type: "5")
            tar.add("./file", content: "hello")
            tar.add("deep", content: String(repeating: "x", count: 1_000), prefix: "some/where")
            tar.addLong(long)
            tar.add(String(long.prefix(100)), content: "y")
            tar.addAttributes([("path", "ünïcode/näme"), ("mtime", "1.5")])
            tar.add("short")
            tar.addAttributes([("comment", "of git")], type: "g")
            tar.add("dir/", type: "5")
            tar.add("dir/up", type: "2", target: "../file")
            tar.add("dir/same", type: "1", target: "file")
        }
        let scanner = try scan(bytes + [UInt8](repeating: 0, count: 8_192), piece: piece)
        #expect(scanner.entries == 8)
        #expect(scanner.bytes == 1_006)
    }

    @Test(arguments: ["/etc/passwd", "../up", "a/../../b", "a/.."])
    func pathsThatLeadOutAreRefused(_ path: String) {
        expect(.path) { $0.add(path, content: "x") }
        expect(.path) {
            $0.addLong(path)
            $0.add("harmless")
        }
        expect(.path) {
            $0.addAttributes([("path", path)])
            $0.add("harmless")
        }
    }

    @Test(arguments: ["/etc/passwd", "../../up", "in/../..", "a/b/../../../c", ""])
    func linksThatLeadOutAreRefused(_ target: String) {
        expect(.link) { $0.add("dir/link", type: "2", target: target) }
        if !target.isEmpty {
            expect(.link) {
                $0.addLong(target, type: "K")
                $0.add("dir/link", type: "2", target: "harmless")
            }
            expect(.link) {
                $0.addAttributes([("linkpath", target)])
                $0.add("dir/link", type: "2", target: "harmless")
            }
        }
    }

    @Test func upBehindANameIsNotUp() {
        // `a/b/x` is the root, so `x/..` is above it.
        expect(.link) {
            $0.add("a/b/x", type: "2", target: "../..")
            $0.add("a/b/y", type: "2", target: "x/..")
        }
    }

    @Test func nothingGoesThroughALink() {
        expect(.path) {
            $0.add("link", type: "2", target: "dir")
            $0.add("link/file", content: "x")
        }
        expect(.link) {
            $0.add("link", type: "2", target: "dir")
            $0.add("other", type: "1", target: "link/file")
        }
        expect(.link) {
            $0.add("dir/link", type: "2", target: "../dir")
            $0.add("link", type: "1", target: "dir/link")
        }
        for target in ["/etc/passwd", "../up"] {
            expect(.link) { $0.add("hard", type: "1", target: target) }
        }
    }

    @Test func whatTheFleetMadeMayPointAnywhereAndWritesThroughNothing() throws {
        let harmless = TarBuilder.build { $0.add("workspace/python", type: "2", target: "/usr/bin/python3") }
        _ = try scan(harmless, trust: .own, roots: ["workspace"])
        expect(.path, trust: .own) {
            $0.add("workspace/etc", type: "2", target: "/etc")
            $0.add("workspace/etc/passwd", content: "x")
        }
        expect(.path, trust: .own, roots: ["workspace"]) { $0.add("etc/passwd", content: "x") }
        expect(.link, trust: .own, roots: ["workspace"]) { $0.add("workspace/x", type: "1", target: "etc/passwd") }
    }

    @Test(arguments: ["3", "4", "6", "S", "M", "V", "D"] as [Character])
    func otherKindsAreRefused(_ type: Character) {
        expect(.kind) { $0.add("thing", type: type) }
    }

    @Test func filesWithHolesAreRefused() {
        expect(.kind) {
            $0.addAttributes([("GNU.sparse.name", "../../out"), ("GNU.sparse.realsize", "99999999999")])
            $0.add("harmless", content: "x")
        }
    }

    @Test func limitsHold() {
        expect(.limit) { tar in for number in 0...100 { tar.add("\(number)") } }
        expect(.limit) { $0.add("big", size: 1 << 21) }
        expect(.limit) { $0.add("huge", size: 1 << 40) }
        expect(.limit) {
            $0.addAttributes([("size", "99999999999")])
            $0.add("small", content: "x")
        }
        expect(.path) { $0.addLong(String(repeating: "x", count: 5_000)) }
    }

    @Test func everyCutIsSeen() throws {
        let bytes = TarBuilder.build { tar in
            tar.add("file", content: "hello")
            tar.addLong("name")
            tar.add("other", content: "there")
        }
        // A single block of zeroes ends it too; everything before that is short.
        for length in stride(from: 0, through: bytes.count - 1_024, by: 64) {
            let error = #expect(throws: TarError.self) { _ = try scan(Array(bytes.prefix(length))) }
            #expect(error?.code == .truncated)
        }
        _ = try scan(Array(bytes.dropLast(512)))
    }

    @Test func damageIsSeen() {
        var bytes = TarBuilder.build { $0.add("file", content: "hello") }
        bytes[3] ^= 1
        #expect(throws: TarError.self) { _ = try scan(bytes) }
        #expect(throws: TarError.self) { _ = try scan(Array("no tar at all".utf8) + [UInt8](repeating: 7, count: 512)) }
        expect(.malformed) { tar in
            tar.end()
            tar.add("after", content: "the end")
        }
        expect(.malformed) { $0.addAttributes([("path", "for/all")], type: "g") }
        expect(.malformed) { $0.add("dir", type: "5", content: "content") }
    }

    /// Whatever bytes come, it ends with an answer, and never with a trap.
    @Test func randomDamageNeverTraps() {
        var generator = SystemRandomNumberGenerator()
        let bytes = TarBuilder.build { tar in
            tar.addAttributes([("path", "some/where"), ("size", "5")])
            tar.add("file", content: "hello")
            tar.add("link", type: "2", target: "file")
        }
        for _ in 0..<2_000 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = try? scan(damaged)
        }
    }

    private func expect(
        _ code: TarError.Code,
        trust: TarTrust = .foreign,
        roots: [String]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ fill: (inout TarBuilder) -> Void
    ) {
        let error = #expect(throws: TarError.self, sourceLocation: sourceLocation) {
            _ = try scan(TarBuilder.build(fill), trust: trust, roots: roots)
        }
        #expect(error?.code == code, sourceLocation: sourceLocation)
    }

    private func scan(
        _ bytes: [UInt8],
        piece: Int = 4_096,
        trust: TarTrust = .foreign,
        roots: [String]? = nil
    ) throws -> TarScanner {
        var scanner = TarScanner(limits: Self.limits, trust: trust, roots: roots)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try scanner.feed(ByteBuffer(bytes: bytes[start..<min(start + piece, bytes.count)]))
        }
        try scanner.finish()
        return scanner
    }
}
