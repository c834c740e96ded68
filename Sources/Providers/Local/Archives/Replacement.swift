import Model

/// A box that is about to be deleted, and what is made ready for the one that comes after it.
struct Replacement: Sendable {
    /// The box that goes.
    var box: BoxID
    var sandbox: SandboxID
    /// What the next one is made from.
    var archive: ArchiveID
    /// What was made ready of the next one; nil when nothing was.
    var spare: Task<Spare?, Never>
    /// What the box leaves that can wait until the next one is there.
    var mount: HeldMount?
    var trash: [String] = []

    /// What was made ready; nil when nothing was, or it is not there in time: whoever ends the replacement throws it away then.
    func spare(within limit: Duration) async -> Spare? {
        let (results, result) = AsyncStream<Spare?>.makeStream()
        // Not children: what is being made cannot be cancelled, and would be waited for.
        let making = Task { [spare] in result.yield(await spare.value) }
        let clock = Task {
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            result.yield(nil)
        }
        defer {
            making.cancel()
            clock.cancel()
        }
        for await spare in results { return spare }
        return nil
    }
}

/// What is made ready for a box that will be made from an archive.
enum Spare: Sendable {
    /// Its files, in the trash.
    case files(String)
    /// All of it, in the pool's directory.
    case box(PooledBox)

    var files: String? {
        if case .files(let path) = self { path } else { nil }
    }

    var box: PooledBox? {
        if case .box(let successor) = self { successor } else { nil }
    }
}
