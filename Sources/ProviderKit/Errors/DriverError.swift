package import Model

/// Why a driver could not do what it was asked.
///
/// Only `gone` may lead to a new box, so a driver throws it for nothing but the provider's own word, under the same
/// account and placement, that this very box does not exist any more.
package struct DriverError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case gone
        case conflict
        /// The archive that a box was to begin with is missing or cannot be read; nothing was made.
        case archiveDamaged
        case unauthorized
        /// Seconds to wait, when the provider said so.
        case rateLimited(after: Int?)
        case invalid
        case unsupported
        case timeout
        case transient
        case agentOffline
        /// The box is bound to a host that this worker is not on.
        case placementOffline
        /// The user of the machine does not allow it; nothing was done.
        case denied
        /// A file operation's own answer; the box is well.
        case file(FaultCode)
        /// The box is well, and knows no such process.
        case processGone
        /// The box is well, and the process has ended: nothing takes its input or its signals.
        case processEnded
        /// A program that could not be started, with the kernel's errno.
        case startFailed(errno: Int32)
    }

    package var kind: Kind
    /// One sentence that may be shown to a user: no secrets, no payloads.
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var description: String { "\(kind): \(message)" }
}
