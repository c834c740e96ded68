package import Model

/// A process to be, as its owner writes it before it starts.
package struct NewProcess: Sendable {
    package var id: ProcessID
    package var kind = ProcessKind.command
    package var mode = ProcessMode.foreground
    package var command: String
    package var arguments: [String]?
    package var cwd: String?
    package var hasTerminal = false
    package var timeoutMs: Int64?
    /// 0 is the worker's own limit.
    package var storedLimit: Int64 = 0
    package var killsAtLimit = false
    package var operation: String?
    /// The provider's id of it, where that is ours to choose.
    package var externalID: String?
    /// SHA-256 of the canonical request; compared when the operation is repeated.
    package var requestHash: [UInt8] = []
    package var metadata: [String: String] = [:]
    /// Secret: sealed before it leaves the process, never logged.
    package var environment: [String: String] = [:]
    package var webhook: Webhook?

    package struct Webhook: Sendable {
        package var url: String
        /// Secret: sealed.
        package var secret: String

        package init(url: String, secret: String) {
            self.url = url
            self.secret = secret
        }
    }

    package init(id: ProcessID, command: String, arguments: [String]?) {
        self.id = id
        self.command = command
        self.arguments = arguments
    }
}

/// How the attempt to write a process's row ended.
package enum ProcessInsertion: Sendable {
    case inserted(ProcessRecord)
    /// The operation was asked for before, and this is its process.
    case existing(ProcessRecord)
    /// The operation was asked for before, with another body.
    case conflict(ProcessRecord)
    /// The epoch is not the sandbox's any more, or it is not being served.
    case leaseLost
}
