import Fleet
import FleetTesting
import Glibc
import Testing

@testable import Agent

@Suite struct ActivityLogTests {
    /// Two lines fit into a file of this size, three do not.
    private static let size = 150

    @Test func oneOlderFileIsKept() async throws {
        try await withTemporaryDirectory { folder in
            let log = ActivityLog(path: "\(folder)/log", maximumSize: Self.size)
            for number in 1...5 { log.write("number.\(number)") }
            await log.flush()
            #expect(log.problem == nil)
            let (older, newer) = (TextFile.read("\(folder)/log.1") ?? "", TextFile.read("\(folder)/log") ?? "")
            #expect(older.contains("number.4") || newer.contains("number.4"))
            #expect(newer.contains("number.5") && newer.utf8.count <= Self.size)
        }
    }

    /// A directory that cannot be replaced lies where the older file would go.
    @Test func oneThatCannotBePutAsideDoesNotGrowForEver() async throws {
        try await withTemporaryDirectory { folder in
            mkdir("\(folder)/log.1", 0o755)
            mkdir("\(folder)/log.1/full", 0o755)
            for _ in 0..<2 {
                let log = ActivityLog(path: "\(folder)/log", maximumSize: Self.size)
                for number in 1...20 { log.write("number.\(number)") }
                await log.flush()
                let text = TextFile.read("\(folder)/log") ?? ""
                #expect(text.contains("number.20") && text.utf8.count <= Self.size)
            }
        }
    }
}
