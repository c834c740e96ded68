import Model

/// A box that is about to be deleted, and what is made ready for the one that comes after it.
struct Replacement: Sendable {
    /// The box that goes.
    var box: BoxID
    var sandbox: SandboxID
    /// What the next one is made from.
    var archive: ArchiveID
    /// The files of the next one; nil when none were made.
    var spare: Task<String?, Never>
    /// What the box leaves that can wait until the next one is there.
    var mount: HeldMount?
    var trash: [String] = []
}
