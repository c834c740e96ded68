import Glibc

/// What a child is started with.
///
/// Secrets belong into files or the environment, never into `arguments`.
package struct ChildSpecification: Sendable {
    package var executable: String
    package var arguments: [String]
    package var environment: [String: String]
    /// The file that standard input reads.
    package var input = "/dev/null"
    /// The file that standard output and standard error append to.
    package var log: String
    /// The signal that the kernel sends when we die without stopping the child.
    package var deathSignal = SIGKILL
    /// The account to drop to; nil keeps ours.
    package var account: Account?
    /// A directory that the child gets as an open descriptor, see ``handedPath``.
    package var handedDirectory: String?

    /// The path by which a child reaches its `handedDirectory`, whatever the rights on the directories above it.
    package static let handedPath = "/proc/self/fd/3"

    package init(executable: String, arguments: [String] = [], environment: [String: String] = [:], log: String) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.log = log
    }
}
