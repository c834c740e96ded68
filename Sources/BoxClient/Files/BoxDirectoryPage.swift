/// One page of a directory in the order of names, picked out of entries that come in none, holding little more than the page.
package struct BoxDirectoryPage: Sendable {
    package private(set) var entries: [BoxFileInfo] = []
    /// After which name the next page begins; nil at the end.
    package private(set) var next: String?
    private let cursor: String?
    private let limit: Int

    init(after cursor: String?, limit: Int) {
        self.cursor = cursor
        self.limit = max(1, limit)
    }

    mutating func add(_ entry: BoxFileInfo) {
        if let cursor, entry.name <= cursor { return }
        entries.append(entry)
        if entries.count > 2 * limit + 64 { trim() }
    }

    /// One more than the page is kept: it tells whether there is a next page.
    private mutating func trim() {
        entries.sort { $0.name < $1.name }
        entries.removeLast(max(0, entries.count - limit - 1))
    }

    mutating func finish() {
        trim()
        guard entries.count > limit else { return }
        entries.removeLast()
        next = entries.last?.name
    }
}

extension BoxConnection {
    /// A directory's entries from after `cursor` on, in the order of names, at most `limit` of them.
    package func page(of path: String, after cursor: String?, limit: Int) async throws -> BoxDirectoryPage {
        var page = BoxDirectoryPage(after: cursor, limit: limit)
        let listing = try await list(path)
        while let entries = try await listing.next() {
            for entry in entries { page.add(entry) }
        }
        page.finish()
        return page
    }
}
