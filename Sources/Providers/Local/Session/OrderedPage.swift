import ProviderKit

/// Picks one page in the order of names out of entries that come in none, holding little more than the page.
struct OrderedPage {
    private let cursor: String?
    private let limit: Int
    private var entries: [FileInfo] = []

    init(after cursor: String?, limit: Int) {
        self.cursor = cursor
        self.limit = max(1, limit)
    }

    mutating func add(_ entry: FileInfo) {
        if let cursor, entry.name <= cursor { return }
        entries.append(entry)
        if entries.count > 2 * limit + 64 { trim() }
    }

    /// One more than the page is kept: it tells whether there is a next page.
    private mutating func trim() {
        entries.sort { $0.name < $1.name }
        entries.removeLast(max(0, entries.count - limit - 1))
    }

    mutating func finish() -> DirectoryPage {
        trim()
        guard entries.count > limit else { return DirectoryPage(entries: entries, nextCursor: nil) }
        entries.removeLast()
        return DirectoryPage(entries: entries, nextCursor: entries.last?.name)
    }
}
