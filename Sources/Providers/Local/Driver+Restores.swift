import Logging
package import Model
import ProviderKit

extension LocalDriver {
    /// How long what was made ready waits for its box.
    private static let patience = Duration.seconds(30)
    /// How long what a box has left waits after the next one is there: its sandbox's rows are written first.
    private static let respite = Duration.milliseconds(250)

    /// Copies the archive's files while the box is saved, and leaves what goes with its end until the next one is there.
    package func expectRestore(of sandbox: SandboxID, _ envelope: Envelope, from archive: ArchiveReference) {
        let box: BoxID
        let source: ArchiveID
        do throws(DriverError) {
            (box, source) = (try identify(envelope), try identify(archive))
        } catch {
            // Whoever makes the box from it is told.
            return
        }
        let spare = Task<String?, Never> { [keeper, pool, logger] in
            do throws(DriverError) {
                return try await pool.run { () throws(DriverError) in try keeper.makeSpare(of: source) }
            } catch {
                logger.info("no files made ready", metadata: ["archive": "\(source)", "error": "\(error.message)"])
                return nil
            }
        }
        let replacement = Replacement(box: box, sandbox: sandbox, archive: source, spare: spare)
        guard replacements.begin(replacement) else { return discard(spare) }
        endReplacement(of: box, after: Self.patience)
    }

    /// Makes a box from the files that were made ready for it, if there are any.
    func create(_ tag: BoxTag, _ spec: SandboxSpec, from source: ArchiveID?) async throws(DriverError) -> FoundBox {
        let replacement = source.flatMap { replacements.find(tag.sandbox, from: $0) }
        let spare = await replacement?.spare.value
        defer { if let replacement { endReplacement(of: replacement.box, after: Self.respite) } }
        let keeper = keeper
        let boxPool = boxPool
        return try await pool.run { () throws(DriverError) in
            try keeper.create(tag, spec, from: source, spare: spare, pool: boxPool)
        }
    }

    /// Before a box is started again after all.
    func forgetReplacement(of box: BoxID) async throws(DriverError) {
        guard let replacement = replacements.end(box) else { return }
        discard(replacement.spare)
        try await pool.run { () throws(DriverError) -> Void in replacement.mount?.letGo() }
        for path in replacement.trash { removeLater(path) }
    }

    func clearUp(_ replacement: Replacement) {
        discard(replacement.spare)
        departures.begin()
        pool.later { [self] in
            replacement.mount?.letGo()
            for path in replacement.trash { removeLater(path) }
            departures.end()
        }
    }

    private func endReplacement(of box: BoxID, after delay: Duration) {
        Task { [weak self] in
            try? await Task.sleep(for: delay)
            guard let self, let replacement = replacements.end(box) else { return }
            clearUp(replacement)
        }
    }

    /// Moved first: from here on no box takes it, and what a box has taken is not there any more.
    private func discard(_ spare: Task<String?, Never>) {
        departures.begin()
        Task { [self] in
            defer { departures.end() }
            guard let path = await spare.value else { return }
            pool.later { [self] in
                guard HostFile.status(path) != nil else { return }
                do throws(DriverError) {
                    removeLater(try keeper.moveToTrash(path))
                } catch {
                    logger.debug("spare files were taken", metadata: ["path": "\(path)", "error": "\(error.message)"])
                }
            }
        }
    }
}
