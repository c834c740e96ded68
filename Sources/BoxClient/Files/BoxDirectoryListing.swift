import BoxProtocol
import NIOConcurrencyHelpers

/// A directory of a box, read in pages.
///
/// Entries come in no order.
package final class BoxDirectoryListing: Sendable {
    private struct State {
        var first: [BoxFileInfo]?
        var isOpen: Bool
    }

    private let connection: BoxConnection
    private let handle: UInt32
    private let pageSize: Int
    private let state: NIOLockedValueBox<State>

    init(connection: BoxConnection, handle: UInt32, pageSize: Int, first: PageMessage) {
        self.connection = connection
        self.handle = handle
        self.pageSize = pageSize
        state = NIOLockedValueBox(State(first: first.entries.map(BoxFileInfo.init), isOpen: !first.isLast))
    }

    deinit {
        if state.withLockedValue({ $0.isOpen }) {
            connection.channel.send(.listClose, HandleMessage(handle: handle))
        }
    }

    /// The next entries, nil when there are no more.
    ///
    /// One reader at a time.
    package func next() async throws -> [BoxFileInfo]? {
        let (first, isOpen) = state.withLockedValue { state in (state.first.take(), state.isOpen) }
        if let first, !first.isEmpty || isOpen {
            return first
        }
        guard isOpen else { return nil }
        let message = HandleMessage(handle: handle, limit: UInt32(clamping: pageSize))
        guard case .page(let page) = try await connection.channel.request(.listNext, message) else {
            throw connection.violation()
        }
        if page.isLast {
            state.withLockedValue { $0.isOpen = false }
        }
        return page.isLast && page.entries.isEmpty ? nil : page.entries.map(BoxFileInfo.init)
    }
}
