import Model
import Ownership
import ProviderKit
import Testing

/// What an owner hears of a driver.
struct FencedDriverTests {
    /// Whatever its driver claims, nothing may take the place of a user's own machine.
    @Test(arguments: [true, false])
    func onlyBoxesOfTheFleetAreEverGone(_ isUsersMachine: Bool) async {
        let vitality = Vitality()
        vitality.confirm(sentAt: .now)
        let driver = FencedDriver(driver: VanishingDriver(isUsersMachine: isUsersMachine), vitality: vitality)
        let envelope = Envelope(backendId: "x", sessionState: .init(providerState: ["boxId": "b"], workspaceReady: true))
        let resumption = BoxResumption(
            envelope: envelope,
            sandbox: .random(),
            epoch: 1,
            spec: SandboxSpec(),
            environment: [:]
        )
        let capture = BoxCapture(archive: .random(), envelope: envelope, sandbox: .random(), epoch: 1)
        let expected = isUsersMachine ? DriverError.Kind.agentOffline : .gone
        await #expect(throws: DriverError(expected, "Gone.")) { _ = try await driver.resume(resumption) }
        await #expect(throws: DriverError(expected, "Gone.")) { try await driver.stop(envelope, epoch: 1) }
        await #expect(throws: DriverError(expected, "Gone.")) { _ = try await driver.capture(capture) }
    }

    @Test func whoseHeartbeatIsLateChangesNothing() async {
        let driver = FencedDriver(driver: VanishingDriver(isUsersMachine: false), vitality: Vitality())
        let envelope = Envelope(backendId: "x", sessionState: .init(providerState: ["boxId": "b"], workspaceReady: true))
        let error = await #expect(throws: DriverError.self) { try await driver.delete(envelope, epoch: 1) }
        #expect(error?.kind == .transient)
    }
}

/// Says of everything that it is gone.
private struct VanishingDriver: Driver {
    var isUsersMachine: Bool

    let binding = Binding(account: "main")

    var descriptor: Descriptor {
        Descriptor(
            name: "vanishing",
            os: "linux",
            hostBound: false,
            isUsersMachine: isUsersMachine,
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .yes,
            files: .yes,
            ports: .yes,
            snapshots: .yes,
            networkPolicies: [],
            memoryLimit: .yes,
            cpuLimit: .yes,
            diskLimit: .yes,
            persistence: .yes,
            idempotentCreate: .uniqueName,
            processAttach: .yes,
            hardDeadlineSeconds: nil,
            createDeadlineSeconds: 20,
            listingDelaySeconds: 0
        )
    }

    func create(_ creation: BoxCreation) async throws(DriverError) -> any Box { throw .vanished }
    func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box { throw .vanished }
    func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) { throw .vanished }
    func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {}
    func list() async throws(DriverError) -> [BoxListing] { [] }
    func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference { throw .vanished }
    func discard(_ archive: ArchiveID) async throws(DriverError) {}
    func archives() async throws(DriverError) -> [ArchiveID] { [] }
    func shutdown() async {}
}

extension DriverError {
    fileprivate static let vanished = DriverError(.gone, "Gone.")
}
