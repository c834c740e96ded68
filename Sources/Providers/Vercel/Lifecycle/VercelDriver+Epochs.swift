import BoxSession
import Model
import ProviderKit

/// Who has a sandbox, as the provider and the box itself tell it.
///
/// Vercel has no call that compares. So each owner writes its epoch into the sandbox's tag before it does anything else, and looks right
/// before each change: at the tag, which is there whether the sandbox runs or not, and in a session that runs at the fence of the
/// daemon, which two owners cannot write past each other.
extension VercelDriver {
    /// What is there of a sandbox.
    ///
    /// - Throws: `conflict` when a later owner has taken it up. While its session runs and does not answer, nobody knows: `timeout`.
    func owned(_ name: String, of box: Envelope, epoch: UInt64) async throws(DriverError) -> SandboxAnswer {
        try await BoundedWait(limit: configuration.patience)
            .until("\(name) to tell whose it is") { () throws(DriverError) in
                let answer = try await look(name, of: box)
                try refuse(epoch, behind: answer.sandbox)
                try await refuse(epoch, behindFenceOf: answer)
                return .ready(answer)
            }
    }

    /// Writes down that a sandbox is this owner's from now on.
    func claim(_ sandbox: SandboxDocument, of box: Envelope, epoch: UInt64) async throws(DriverError) {
        try refuse(epoch, behind: sandbox)
        var tags = VercelTags(sandbox)
        guard let highest = tags.epoch, highest < epoch else { return }
        tags.epoch = epoch
        try await api.tag(sandbox.name, tags.all, of: box)
    }

    func refuse(_ epoch: UInt64, behind sandbox: SandboxDocument) throws(DriverError) {
        guard let highest = VercelTags(sandbox).epoch, highest > epoch else { return }
        throw Self.followed
    }

    /// - Throws: `transient` when its session has ended just now, or does not answer.
    func refuse(_ epoch: UInt64, behindFenceOf answer: SandboxAnswer) async throws(DriverError) {
        guard ObservedState<VercelState>(answer.session.status).meaning == .running,
            let sandbox = VercelTags(answer.sandbox).sandbox,
            let fence = try await api.fence(of: sandbox, in: answer.session.id), fence.epoch > epoch
        else { return }
        throw Self.followed
    }

    private static let followed = DriverError(.conflict, "A later owner has taken up the sandbox.")
}
