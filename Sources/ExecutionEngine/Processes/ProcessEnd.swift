/// How a process ended.
///
/// It comes from the wait status and from nothing else.
package struct ProcessEnd: Hashable, Sendable {
    package enum Status: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    package var status: Status

    /// A descendant still holds the output; what it writes from now on is thrown away.
    package var outputOpen: Bool

    /// The engine killed it because its time was up.
    package var timedOut: Bool
}
