/// Why output could not be stored or read.
package enum OutputError: Error, Sendable {
    /// A later epoch has appended: the lease is lost.
    case fenced
    /// Somebody of the same or an earlier epoch appended first: what was to be appended has to be numbered again, from
    /// this tail on.
    case outdated(OutputTail)
    /// Chunks up to this one, at least, are kept nowhere any more.
    case expired(upTo: UInt64)
    /// What is stored cannot be read: damaged, or of a newer version.
    case malformed(String)
    /// The broker did not answer, or will never take it.
    case unavailable(String)
}

extension OutputError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .fenced: "a later owner has appended"
        case .outdated: "something else was appended first"
        case .expired(let last): "output up to chunk \(last) has expired"
        case .malformed(let reason): "stored output cannot be read: \(reason)"
        case .unavailable(let reason): "output storage is unavailable: \(reason)"
        }
    }
}
