import Model
import NIOConcurrencyHelpers
import Testing

@testable import Agent

struct HandleTableTests {
    private final class Thing: Sendable {
        let isSpent = NIOLockedValueBox(false)
    }

    /// What is done is kept for who asks again, and keeps nobody else out.
    @Test func whatIsSpentTakesNobodysPlace() throws {
        let table = HandleTable<Thing>(limit: 2) { thing in thing.isSpent.withLockedValue { $0 } }
        let (first, second) = (Thing(), Thing())
        try table.insert("first", first)
        try table.insert("second", second)
        #expect(throws: Fault.self) { try table.insert("third", Thing()) }
        first.isSpent.withLockedValue { $0 = true }
        try table.insert("third", Thing())
        #expect(table["first"] === first)
        #expect(throws: Fault.self) { try table.insert("fourth", Thing()) }
        // And they are not remembered without end: the longest unused one goes.
        for number in 0..<40 {
            table.remove("third")
            let thing = Thing()
            thing.isSpent.withLockedValue { $0 = true }
            try table.insert("spent \(number)", thing)
        }
        #expect(table["first"] == nil && table["spent 0"] == nil && table["spent 39"] != nil)
        #expect(table["second"] === second)
    }
}
