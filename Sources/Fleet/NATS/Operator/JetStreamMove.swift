import Glibc

/// Streams that a server with passwords stored, moved to the account that has them in operator mode.
enum JetStreamMove {
    /// The account of a server without accounts.
    private static let global = "$G"

    /// Moves the folder, once, before the server starts; answers whether there was one.
    static func run(store: String, to account: String) throws(FleetError) -> Bool {
        let old = "\(store)/jetstream/\(global)"
        let new = "\(store)/jetstream/\(account)"
        guard access(old, F_OK) == 0 else { return false }
        // An empty folder in its place is replaced; one with streams in it makes this fail, and nothing is lost.
        guard rename(old, new) == 0 else {
            throw FleetError(.data, "Cannot move the streams in \(old) to \(new): \(lastSystemError()).")
        }
        return true
    }
}
