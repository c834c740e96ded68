/// The size of a terminal in characters.
public struct TerminalSize: Codable, Hashable, Sendable {
    /// Its lines.
    public var rows: Int
    /// The characters of a line.
    public var columns: Int

    /// Makes a size.
    public init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }
}
