import Model
import Ownership
import ProviderKit

/// Portable archives: unpacking one is several calls, and may end half way.
struct SimulatedArchiver: PortableArchiver {
    let provider: SimulatedProvider
    let mutation: Mutation?

    func capture(_ box: any Box, as archive: ArchiveID) async throws -> ArchiveReference {
        guard let box = box as? SimulatedBox else { throw DriverError(.invalid, "Not of this simulation.") }
        try await box.driver.call("pack \(archive.short)") { [provider] in
            provider.capture(archive, of: box.externalID, box.driver.actual, epoch: box.epoch)
        }
        return ArchiveReference(
            format: .portable,
            id: archive,
            provider: box.driver.descriptor.name,
            externalID: archive.rawValue,
            createdAt: provider.simulator.date
        )
    }

    func hydrate(_ box: any Box, from archive: ArchiveReference) async throws {
        guard let box = box as? SimulatedBox else { throw DriverError(.invalid, "Not of this simulation.") }
        do {
            let contents = try await box.driver.call("read \(archive.id.short)") { [provider] () -> Result<UInt64, DriverError> in
                guard let found = provider.archive(archive.id), !found.isDamaged else {
                    return .failure(DriverError(.archiveDamaged, "The archive cannot be read."))
                }
                return .success(found.contents)
            }
            for part in [contents & 0x5555_5555_5555_5555, contents] {
                try await box.driver.call("unpack \(archive.id.short)") { [provider] in
                    provider.fill(box.externalID, box.driver.actual, with: part, epoch: box.epoch)
                }
            }
        } catch {
            if mutation == .keepsUnfilledPlaceholders { return }
            throw error
        }
    }
}
