/// Why the fleet could not be started, kept or stopped.
///
/// Messages name files and programs, never secrets.
package struct FleetError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Equatable {
        /// Another `up` holds the data directory.
        case alreadyRunning
        /// A file or directory cannot be used as it is.
        case data
        /// A program that is needed is not installed.
        case missingExecutable
        /// The operating system refused for lack of rights.
        case notPermitted
        /// The address to listen on is taken or malformed.
        case address
        /// A child could not be started at all.
        case spawn
        /// A child ended, or did not answer, before it was ready.
        case notReady
        /// Preparing the database failed.
        case postgres
        /// The user asked to stop while the fleet was starting.
        case interrupted
    }

    package let code: Code
    package let message: String
    /// What the user can do about it.
    package let advice: String?

    package init(_ code: Code, _ message: String, advice: String? = nil) {
        self.code = code
        self.message = message
        self.advice = advice
    }

    package var description: String {
        guard let advice else { return message }
        return "\(message)\n\(advice)"
    }
}
