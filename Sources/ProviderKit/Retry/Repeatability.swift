/// What it means to send a request twice.
package enum Repeatability: Sendable, Hashable {
    /// It changes nothing.
    case safe
    /// The name or key that it carries never acts twice.
    case idempotentByKey
    /// Twice is twice.
    case once

    /// Nobody can say what such a request has done when its answer is lost.
    package var mayBeUnknown: Bool { self != .safe }
}
