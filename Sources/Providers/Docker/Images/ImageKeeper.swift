import Logging
import ProviderHTTP
import ProviderKit

/// Sees to it that the image of a box is there, and may be used.
struct ImageKeeper: Sendable {
    /// How often is told how far a pull has come.
    private static let progressInterval = Duration.seconds(5)

    let engine: Engine
    let configuration: DockerConfiguration
    let logger: Logger

    /// The image of a new box, from its registry when the engine does not have it.
    ///
    /// - Throws: `invalid` when there is no such image or nobody may have it.
    func obtain(_ wish: String?) async throws(DriverError) -> ImageDocument {
        let text = wish ?? configuration.image
        guard let name = ImageName(text) else {
            throw DriverError(.invalid, "The image has no name in Docker's form: registry/path:tag.")
        }
        var found = try await engine.image(text)
        if found == nil {
            try await pull(name)
            found = try await engine.image(text)
        }
        guard let found else { throw DriverError(.invalid, "The engine does not have the image \(text).") }
        try check(found, text)
        return found
    }

    private func check(_ image: ImageDocument, _ name: String) throws(DriverError) {
        guard !image.isSaved else {
            // It holds somebody's files: who may have them is decided where checkpoints are.
            throw DriverError(.invalid, "The image \(name) is a saved sandbox; it is restored as a checkpoint.")
        }
        guard image.system ?? "linux" == "linux" else {
            throw DriverError(.invalid, "The image \(name) is one of another system: \(image.system ?? "").")
        }
        // A volume's files are in no image that is made of a box.
        let isHidden = image.volumes.contains { volume in
            let path = volume.hasSuffix("/") ? String(volume.dropLast()) : volume
            return path == BoxPlaces.workspace || path.isEmpty
        }
        guard !isHidden else {
            throw DriverError(
                .invalid,
                "The image \(name) declares \(BoxPlaces.workspace) a volume: it could not be saved."
            )
        }
    }

    private func pull(_ name: ImageName) async throws(DriverError) {
        logger.info("pulling an image", metadata: ["image": "\(name.description)"])
        do throws(DriverError) {
            let lines = try await engine.pull(name, configuration.registry, idleTimeout: configuration.pullIdleTimeout)
            var progress = PullProgress()
            var told = ContinuousClock.now
            while let line = try await lines.next(as: PullDocument.self) {
                if let error = line.error { throw refusal(error, of: name) }
                progress.note(line)
                guard ContinuousClock.now - told >= Self.progressInterval else { continue }
                told = .now
                logger.info("image is being pulled", metadata: metadata(name, progress))
            }
            logger.info("image pulled", metadata: metadata(name, progress))
        } catch {
            throw translated(error, name)
        }
    }

    private func metadata(_ name: ImageName, _ progress: PullProgress) -> Logger.Metadata {
        [
            "image": "\(name.description)", "layers": "\(progress.layersDone)/\(progress.layersKnown)",
            "bytes": "\(progress.downloaded)/\(progress.size)",
        ]
    }

    /// The engine answers a refusal of the registry as its own 404 or 500, in the registry's words.
    private func translated(_ error: DriverError, _ name: ImageName) -> DriverError {
        switch error.kind {
        case .unauthorized, .invalid, .conflict:
            DriverError(.invalid, "The image \(name.description) cannot be pulled. \(error.message)")
        case .transient, .timeout:
            Self.isFinal(error.message)
                ? DriverError(.invalid, "The image \(name.description) cannot be pulled. \(error.message)")
                : DriverError(.transient, "The image \(name.description) could not be pulled. \(error.message)")
        default: error
        }
    }

    private func refusal(_ words: String, of name: ImageName) -> DriverError {
        let redaction = Redaction([configuration.registry?.header].compactMap { $0 })
        return DriverError(Self.isFinal(words) ? .invalid : .transient, redaction("The registry says: \(words)"))
    }

    private static func isFinal(_ words: String) -> Bool {
        let finals = [
            "not found", "manifest unknown", "does not exist", "denied", "unauthorized", "no matching manifest",
            "invalid reference", "authentication required", "no basic auth credentials",
        ]
        return finals.contains(where: words.lowercased().contains)
    }
}
