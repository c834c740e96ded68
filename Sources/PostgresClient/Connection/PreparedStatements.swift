/// The names under which one session has prepared its statements.
struct PreparedStatements {
    /// A program's statements are constants, so this is only met by one that builds SQL at run time.
    static let limit = 512

    private var names: [Statement.Key: String] = [:]
    private var lastNumber = 0

    var isFull: Bool { names.count >= Self.limit }

    func name(for key: Statement.Key) -> String? {
        names[key]
    }

    /// A name never used before in this session.
    mutating func makeName() -> String {
        lastNumber += 1
        return "s\(lastNumber)"
    }

    mutating func insert(_ name: String, for key: Statement.Key) {
        names[key] = name
    }

    mutating func remove(_ key: Statement.Key) -> String? {
        names.removeValue(forKey: key)
    }

    mutating func removeAll() {
        names.removeAll()
    }
}
