import Logging
package import Model
import ProviderKit

extension LocalDriver {
    /// How long what was made ready waits for its box.
    private static let patience = Duration.seconds(30)
    /// How long what a box has left waits after the next one is there: its sandbox's rows are written first.
    private static let respite = Duration.milliseconds(250)
    /// How long a create waits for what was to be ready; it has its own deadline to hold.
    private static let sparePatience = Duration.seconds(5)

    /// Starts the next box while this one is saved, and leaves what goes with its end until the next one is there.
    package func expectRestore(of sandbox: SandboxID, _ envelope: Envelope, from archive: ArchiveReference) {
        let box: BoxID
        let source: ArchiveID
        do throws(DriverError) {
            (box, source) = (try identify(envelope), try identify(archive))
        } catch {
            // Whoever makes the box from it is told.
            return
        }
        let spare = Task<Spare?, Never> {
            do throws(DriverError) {
                return try await makeSpare(for: box, from: source)
            } catch {
                logger.info("nothing made ready", metadata: ["archive": "\(source)", "error": "\(error.message)"])
                return nil
            }
        }
        let replacement = Replacement(box: box, sandbox: sandbox, archive: source, spare: spare)
        guard replacements.begin(replacement) else { return discard(spare) }
        endReplacement(of: box, after: Self.patience)
    }

    /// The next box itself where that can be, started while the one before it goes; else its files.
    private func makeSpare(for box: BoxID, from source: ArchiveID) async throws(DriverError) -> Spare? {
        let (keeper, poolDirectory) = (keeper, poolDirectory)
        let successor = try await pool.run { () throws(DriverError) in
            try keeper.makeSuccessor(of: box, from: source, in: poolDirectory)
        }
        guard let successor else {
            return try await pool.run { () throws(DriverError) in try keeper.makeSpare(of: source).map(Spare.files) }
        }
        do throws(DriverError) {
            try await successor.answers(loop, within: keeper.configuration.startTimeout)
            return .box(successor)
        } catch {
            discard(successor)
            throw error
        }
    }

    /// Makes a box, or takes what was made ready for it or waits for anybody.
    func create(_ tag: BoxTag, _ spec: SandboxSpec, from source: ArchiveID?) async throws(DriverError) -> FoundBox {
        let replacement = source.flatMap { replacements.find(tag.sandbox, from: $0) }
        let spare = await replacement?.spare(within: Self.sparePatience)
        defer { if let replacement { endReplacement(of: replacement.box, after: Self.respite) } }
        let keeper = keeper
        return try await pool.run { [self] () throws(DriverError) in
            try keeper.create(tag, spec, from: source, spare: spare?.files) { directory in
                guard let source else { return boxPool?.give(to: directory, tag, spec) ?? false }
                guard let successor = spare?.box else { return false }
                return give(successor, to: directory, tag, spec, from: source)
            }
        }
    }

    /// - Returns: Whether the box is the tag's now; else it is thrown away with the rest of the replacement.
    private func give(
        _ successor: PooledBox,
        to directory: BoxDirectory,
        _ tag: BoxTag,
        _ spec: SandboxSpec,
        from source: ArchiveID
    ) -> Bool {
        do throws(DriverError) {
            guard try keeper.suits(successor, spec, from: source) else { return false }
            // What this leaves lies where the box was, and goes with the rest of the replacement.
            _ = try keeper.claim(successor, as: directory, tag, image: successor.record.image)
            return true
        } catch {
            logger.warning("a box that was made ready was no good", metadata: ["error": "\(error.message)"])
            return false
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

    private func discard(_ spare: Task<Spare?, Never>) {
        departures.begin()
        Task { [self] in
            defer { departures.end() }
            switch await spare.value {
            case .none: return
            case .files(let path): discard(path)
            case .box(let successor): discard(successor)
            }
        }
    }

    /// Moved first: from here on no box takes it, and what a box has taken is not there any more.
    private func discard(_ files: String) {
        pool.later { [self] in
            guard HostFile.status(files) != nil else { return }
            do throws(DriverError) {
                removeLater(try keeper.moveToTrash(files))
            } catch {
                logger.debug("spare files were taken", metadata: ["path": "\(files)", "error": "\(error.message)"])
            }
        }
    }

    /// Of one that was claimed it is what the claim has left.
    private func discard(_ successor: PooledBox) {
        departures.begin()
        pool.later { [self] in
            defer { departures.end() }
            do throws(DriverError) {
                try keeper.discard(pooled: successor.directory)
            } catch {
                // It stays in the pool's directory, where the next start finds it.
                logger.warning("a box that was made ready not cleared", metadata: ["error": "\(error.message)"])
            }
        }
    }
}
