import FoundationEssentials
import Logging
package import Model
package import ProviderKit

extension DockerDriver {
    /// Images of saved boxes; each archive is a tag of it.
    static let repository = "sandfleet-archive"

    /// What archives are called that were discarded while boxes began with them.
    ///
    /// Removed by force, an image leaves boxes that cannot be saved.
    static let discardedRepository = "sandfleet-discarded"

    static func imageName(of archive: ArchiveID) -> String { "\(repository):\(archive)" }

    package func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        let id = try identify(capture.envelope)
        if let made = try await saved(capture) { return try reference(made, capture) }
        try await proven { () throws(DriverError) in
            let found = try await engine.inspect(id, of: capture.envelope)
            guard let tag = Labels.tag(found.labels), tag.sandbox == capture.sandbox else {
                throw DriverError(.conflict, "The container belongs to another sandbox.")
            }
            try await EpochRecord.check(capture.epoch, of: capture.sandbox, in: id, engine)
            _ = try await engine.commit(
                id,
                of: capture.envelope,
                as: Self.repository,
                tag: capture.archive.rawValue,
                labels: [
                    Labels.fleet: configuration.fleet.rawValue, Labels.sandbox: capture.sandbox.rawValue,
                    Labels.archive: capture.archive.rawValue,
                ]
            )
        }
        guard let made = try await saved(capture) else {
            throw DriverError(.transient, "The image of a saved box is not there.")
        }
        return try reference(made, capture)
    }

    package func discard(_ archive: ArchiveID) async throws(DriverError) {
        let name = Self.imageName(of: archive)
        if try await !engine.removeImage(name) {
            // Boxes begin with it: under another name it goes with the last of them.
            try await engine.name(name, Self.discardedRepository, tag: archive.rawValue)
            _ = try await engine.removeImage(name)
        }
        // What was made and never got the name, or lost it to a second try.
        let rest = try await engine.images(
            labelled: "\(Labels.archive)=\(archive)",
            "\(Labels.fleet)=\(configuration.fleet)"
        )
        for image in rest { _ = try await engine.removeImage(image.id) }
    }

    package func archives() async throws(DriverError) -> [ArchiveID] {
        let images = try await engine.images(labelled: "\(Labels.fleet)=\(configuration.fleet)")
        // What has lost its name is discarded, and in use.
        let prefix = "\(Self.repository):"
        return images.flatMap { $0.tags ?? [] }.filter { $0.hasPrefix(prefix) }
            .compactMap { ArchiveID(String($0.dropFirst(prefix.count))) }
    }

    /// The image that a new box begins with, when that is a saved box.
    func source(of creation: BoxCreation) async throws(DriverError) -> ImageDocument? {
        guard let reference = creation.source else { return nil }
        guard reference.provider == Self.name, reference.format == .native else {
            throw DriverError(.invalid, "The archive is not a saved container.")
        }
        guard reference.placement == binding.placement else {
            throw DriverError(.placementOffline, "The archive lies in another engine.")
        }
        guard let archive = ArchiveID(reference.externalID),
            let image = try await engine.image(Self.imageName(of: archive))
        else {
            guard try await engine.isTheSame() else {
                throw DriverError(.placementOffline, "Another engine answers than the one that has the archive.")
            }
            throw DriverError(.archiveDamaged, "The engine has no image of this archive.")
        }
        guard image.labels[Labels.fleet] == configuration.fleet.rawValue,
            image.labels[Labels.archive] == archive.rawValue
        else { throw DriverError(.archiveDamaged, "The image of this archive is another one.") }
        return image
    }

    /// Removes the image of a box that was removed, when it was a saved one that nobody names any more.
    func tidy(_ image: String) async {
        do throws(DriverError) {
            guard let found = try await engine.image(image), found.isSaved,
                !(found.tags ?? []).contains(where: { $0.hasPrefix("\(Self.repository):") })
            else { return }
            _ = try await engine.removeImage(image)
        } catch {
            // Its box is gone, which is what was asked for.
            logger.warning("a discarded image is still there", metadata: ["error": "\(error.message)"])
        }
    }

    private func saved(_ capture: BoxCapture) async throws(DriverError) -> ImageDocument? {
        guard let image = try await engine.image(Self.imageName(of: capture.archive)) else { return nil }
        guard image.labels[Labels.sandbox] == capture.sandbox.rawValue,
            image.labels[Labels.fleet] == configuration.fleet.rawValue
        else { throw DriverError(.conflict, "An archive of this name belongs to another sandbox.") }
        return image
    }

    private func reference(
        _ image: ImageDocument,
        _ capture: BoxCapture
    ) throws(DriverError) -> ArchiveReference {
        guard let created = image.created.flatMap({ EngineTime.date($0) }) else {
            throw DriverError(.transient, "The engine does not say when an image was made.")
        }
        return ArchiveReference(
            format: .native,
            id: capture.archive,
            provider: Self.name,
            account: binding.account,
            placement: binding.placement,
            externalID: capture.archive.rawValue,
            createdAt: created,
            sizeBytes: image.size
        )
    }
}
