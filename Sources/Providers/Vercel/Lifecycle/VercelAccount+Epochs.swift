import Model
import ProviderKit

/// Who has a sandbox, as the provider tells it.
///
/// Vercel has no call that compares. So each owner writes its epoch into the sandbox's tag before it does anything else, once more when
/// the daemon has let it in, and everybody looks at it right before each change. What lies in the box says nothing here: its
/// programs could write it.
extension VercelAccount {
    /// What is there of a sandbox.
    ///
    /// - Throws: `conflict` when a later owner has taken it up.
    func owned(_ name: String, of box: Envelope, epoch: UInt64) async throws(DriverError) -> SandboxAnswer {
        let answer = try await look(name, of: box)
        try refuse(epoch, behind: answer.sandbox)
        return answer
    }

    /// Writes down that a sandbox is this owner's from now on.
    ///
    /// - Returns: Whether it was not written there already.
    @discardableResult
    func claim(_ sandbox: SandboxDocument, of box: Envelope, epoch: UInt64) async throws(DriverError) -> Bool {
        try refuse(epoch, behind: sandbox)
        var tags = VercelTags(sandbox)
        guard let highest = tags.epoch, highest < epoch else { return false }
        tags.epoch = epoch
        try await api.tag(sandbox.name, tags.all, of: box)
        return true
    }

    /// Looks once more, now that the daemon refuses whoever was before: one of those may have written over it meanwhile.
    func confirmClaim(of box: any Box, _ name: String, epoch: UInt64) async throws(DriverError) -> any Box {
        try await box.confirmed { () throws(DriverError) in
            let answer = try await look(name, of: box.envelope)
            try await claim(answer.sandbox, of: box.envelope, epoch: epoch)
        }
    }

    func refuse(_ epoch: UInt64, behind sandbox: SandboxDocument) throws(DriverError) {
        guard let highest = VercelTags(sandbox).epoch, highest > epoch else { return }
        throw Self.followed
    }

    private static let followed = DriverError(.conflict, "A later owner has taken up the sandbox.")
}
