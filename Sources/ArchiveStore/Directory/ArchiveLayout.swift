/// Where an object's file lies below the store's directory.
///
/// `output/01j…8k3/1` is the file `+ut/output/+k3/01j…8k3/1`: before each folder stands one named by its last two
/// characters, which differ from id to id, so that a million folders are a thousand folders of a thousand. A `+` is in no
/// name, so an object and a folder of the same name do not meet.
enum ArchiveLayout {
    /// Holds what is being written, on the same file system.
    static let incoming = "+incoming"

    static func folder(_ parts: [String]) -> [String] {
        parts.flatMap { [shard(of: $0), $0] }
    }

    static func shard(of part: String) -> String { "+" + part.suffix(2) }

    static func isShard(_ entry: String) -> Bool { entry.hasPrefix("+") && entry != incoming }

    static func isObject(_ entry: String) -> Bool { !entry.hasPrefix("+") && !entry.hasPrefix(".") }
}
