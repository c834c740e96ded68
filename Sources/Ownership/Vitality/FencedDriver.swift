package import Model
package import ProviderKit

/// A driver that changes nothing for a worker whose own heartbeat was not confirmed lately (rule 4).
///
/// Between what a caller has read and its call to the provider the process may have been frozen, so this is the last look,
/// right before the call, whoever makes it.
///
/// It is also where a user's own machine is never gone, whatever its driver says: what is absent comes back, and nothing
/// takes its place.
package struct FencedDriver: Driver {
    private let driver: any Driver
    private let vitality: Vitality

    package init(driver: any Driver, vitality: Vitality) {
        self.driver = driver
        self.vitality = vitality
    }

    package var descriptor: Descriptor { driver.descriptor }
    package var binding: Binding { driver.binding }

    package func binding(for workspace: WorkspaceID) async throws(DriverError) -> Binding {
        try await driver.binding(for: workspace)
    }

    package func binding(ofAccount account: String) async throws(DriverError) -> Binding? {
        try await driver.binding(ofAccount: account)
    }

    package func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        try requireLife()
        return try await driver.create(creation)
    }

    package func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        try requireLife()
        do throws(DriverError) {
            return try await driver.resume(resumption)
        } catch {
            throw lasting(error)
        }
    }

    package func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        try requireLife()
        do throws(DriverError) {
            try await driver.stop(envelope, epoch: epoch)
        } catch {
            throw lasting(error)
        }
    }

    package func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        try requireLife()
        try await driver.delete(envelope, epoch: epoch)
    }

    package func list() async throws(DriverError) -> [BoxListing] { try await driver.list() }

    package func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        try requireLife()
        do throws(DriverError) {
            return try await driver.capture(capture)
        } catch {
            throw lasting(error)
        }
    }

    package func discard(_ archive: ArchiveID) async throws(DriverError) {
        try requireLife()
        try await driver.discard(archive)
    }

    package func discard(_ archive: ArchiveID, externalID: String?, account: String?) async throws(DriverError) {
        try requireLife()
        try await driver.discard(archive, externalID: externalID, account: account)
    }

    package func archives() async throws(DriverError) -> [ArchiveID] { try await driver.archives() }

    package func expectRestore(of sandbox: SandboxID, _ envelope: Envelope, from archive: ArchiveReference) {
        guard vitality.isAlive() else { return }
        driver.expectRestore(of: sandbox, envelope, from: archive)
    }

    package func shutdown() async { await driver.shutdown() }

    private func lasting(_ error: DriverError) -> DriverError {
        guard error.kind == .gone, descriptor.isUsersMachine else { return error }
        return DriverError(.agentOffline, error.message)
    }

    private func requireLife() throws(DriverError) {
        guard vitality.isAlive() else {
            throw DriverError(.transient, "This worker's heartbeat is late, so it changes nothing.")
        }
    }
}
