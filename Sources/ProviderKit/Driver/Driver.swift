package import Model

/// One kind of backend.
///
/// A driver keeps no record of who owns what: the worker holds the lease and passes the epoch.
///
/// Every call may be repeated; none may make a second box for the same `BoxTag`.
package protocol Driver: Sendable {
    var descriptor: Descriptor { get }

    /// Names the account, project or host under which this driver sees its boxes. A NotFound under another binding is
    /// not proof of `gone`.
    var binding: Binding { get }

    /// Under what a workspace's next box is made: it may have an account of its own.
    func binding(for workspace: WorkspaceID) async throws(DriverError) -> Binding

    /// Under what this driver sees the boxes of an account; nil when it has no credentials of it.
    func binding(ofAccount account: String) async throws(DriverError) -> Binding?

    /// Makes and starts a box, and returns once it answers.
    func create(_ creation: BoxCreation) async throws(DriverError) -> any Box

    /// Finds the box of an envelope again and makes it answer: a live box is attached, a stopped one is started.
    ///
    /// - Throws: `gone` only when the provider itself says, under the envelope's own binding, that it is no more.
    func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box

    /// Stops the box and keeps its files when `persistence` is supported. Stopping a stopped box succeeds.
    func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError)

    /// Deletes the box and its files. Deleting what is gone succeeds.
    func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError)

    /// All boxes that carry the fleet's tag, under this binding and those of workspaces' own accounts.
    func list() async throws(DriverError) -> [BoxListing]

    /// Saves the files of a box, running or stopped, under an id of ours. The box goes on as it was.
    ///
    /// Asked again for the same archive it answers with what it made, or makes it; half of one is never taken for whole.
    ///
    /// - Throws: `gone` when the box is no more.
    func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference

    /// Deletes what `capture` made, or has half made, under this id. Deleting what is gone succeeds.
    func discard(_ archive: ArchiveID) async throws(DriverError)

    /// The same, of providers that name by themselves what they save, or where more than one account is reached.
    ///
    /// - Parameters:
    ///   - externalID: That of `capture`'s answer; nil when nobody has heard it.
    ///   - account: In whose account it was to be saved; nil is that of the driver's own binding.
    /// - Throws: `unauthorized` where that account is not reached: whether it is gone nobody can say.
    func discard(_ archive: ArchiveID, externalID: String?, account: String?) async throws(DriverError)

    /// All archives of the fleet under the same bindings, half made ones included.
    func archives() async throws(DriverError) -> [ArchiveID]

    /// A sandbox's box is about to be saved and deleted, and the next one made from this archive: time to make ready for that.
    ///
    /// A hint, perhaps in vain. It changes nothing that anybody sees, and what nobody comes for goes away by itself.
    func expectRestore(of sandbox: SandboxID, _ envelope: Envelope, from archive: ArchiveReference)

    /// Lets go of what the driver holds in this process. Boxes live on.
    func shutdown() async
}

extension Driver {
    package func binding(for workspace: WorkspaceID) async throws(DriverError) -> Binding { binding }

    package func binding(ofAccount account: String) async throws(DriverError) -> Binding? {
        account == binding.account ? binding : nil
    }

    package func discard(_ archive: ArchiveID, externalID: String?, account: String?) async throws(DriverError) {
        guard account == nil || account == binding.account else { throw .otherAccount }
        try await discard(archive)
    }

    package func expectRestore(of sandbox: SandboxID, _ envelope: Envelope, from archive: ArchiveReference) {}
}

extension DriverError {
    /// What lies in an account that is not reached can neither be changed nor be said to be gone.
    package static var otherAccount: DriverError {
        DriverError(.unauthorized, "It lies in another account than this worker reaches.")
    }
}
