import Model

/// What is asked of a checkpoint, read strictly; an empty body asks for nothing special.
struct CheckpointBody: Sendable {
    /// Up to ten years.
    static let lifetimes: ClosedRange<Int64> = 1...315_360_000_000

    var comment: String?
    var expiresInMs: Int64?
    var format: ArchiveReference.Format?

    init() {}

    init(_ body: JSONValue?) throws(Fault) {
        var reader = try JSONObjectReader(body ?? .object([]))
        comment = try reader.line("comment", in: 0...1024)
        expiresInMs = try reader.integer("expiresInMs", in: Self.lifetimes)
        format = try reader.word("format", of: ArchiveReference.Format.self)
        try reader.finish()
    }
}
