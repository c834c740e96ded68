import ProviderKit
import Testing

@testable import VercelDriver

@Suite struct PageTests {
    private struct Numbers: ListPage {
        let entries: [Int]
        let pagination: Pagination
    }

    private static func page(_ entries: [Int], _ next: String?) -> Numbers {
        Numbers(entries: entries, pagination: Pagination(next: next))
    }

    @Test func aListEndsWhereItsCursorsDo() async throws {
        let pages = ["": Self.page([1], "a"), "a": Self.page([], "b"), "b": Self.page([2], nil)]
        let all = try await Numbers.all("numbers") { cursor in pages[cursor ?? ""] ?? Self.page([], nil) }
        #expect(all == [1, 2])
    }

    @Test(arguments: [["": "a", "a": "a"], ["": "a", "a": "b", "b": "a"]])
    func aListThatGoesInACircleIsNone(cursors: [String: String]) async throws {
        let error = await #expect(throws: DriverError.self) {
            try await Numbers.all("numbers", limit: 50) { cursor in Self.page([1], cursors[cursor ?? ""]) }
        }
        #expect(error?.kind == .transient)
    }
}
