/// Something that must never happen, and did.
package struct Violation: Sendable, Codable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// Two live boxes of one sandbox.
        case rivalBoxes = "two live boxes of a sandbox"
        /// Two sandboxes for one idempotency key.
        case duplicateSandbox = "two sandboxes for one key"
        /// A command that ran more than once.
        case repeatedCommand = "commands run twice"
        /// A box, mount, control group, process, directory or row that nobody wants any more.
        case leak = "leaks"
        /// A box or process that ended although nothing was to end it.
        case falseKill = "false kills"
        /// Output with a hole, a repetition or other bytes.
        case output = "lost or doubled bytes of output"
        /// A line, a file or a checkpoint that was acknowledged and is not there.
        case lostWrite = "acknowledged writes lost"
        /// Files that are not those of the checkpoint or fork that was asked for.
        case wrongFiles = "files of another state"
        /// Something that did not come right after the faults.
        case stuck = "stuck"
        /// An answer that the request did not call for.
        case refused = "wrong refusals"
    }

    package var kind: Kind
    package var sandbox: String?
    package var detail: String

    package init(_ kind: Kind, _ sandbox: String?, _ detail: String) {
        self.kind = kind
        self.sandbox = sandbox
        self.detail = detail
    }
}
