/// Why the program cannot do what its user asked for, and what helps.
package struct AgentError: Error, Sendable, CustomStringConvertible {
    /// Exit codes of the program; part of its interface, for `docs/self-hosted.md` names them.
    package enum Kind: Int32, Sendable {
        /// The words on the command line, or a value in the configuration.
        case usage = 64
        /// This machine does not do its part: a file, a directory, a right.
        case machine = 71
        /// Another one runs.
        case alreadyRunning = 73
        /// The gateway cannot be reached, or answers with something else.
        case unavailable = 75
        /// Not enrolled, or the token is no good.
        case notEnrolled = 77
        /// The fleet's owner has taken the credentials back; trying again is of no use.
        case revoked = 78
    }

    package var kind: Kind
    package var message: String
    package var advice: String?

    package init(_ kind: Kind, _ message: String, advice: String? = nil) {
        self.kind = kind
        self.message = message
        self.advice = advice
    }

    package var description: String { advice.map { "\(message)\n\($0)" } ?? message }
}
