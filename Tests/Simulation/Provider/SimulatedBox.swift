import Model
import NIOCore
import ProviderKit

/// A box of which only its numbered files matter.
struct SimulatedBox: Box {
    let driver: SimulatedDriver
    let externalID: String
    let sandbox: SandboxID
    let epoch: UInt64
    let isFresh: Bool

    var envelope: Envelope {
        var state = ["boxId": externalID, "account": driver.binding.account]
        state["placement"] = driver.binding.placement
        return Envelope(
            backendId: driver.descriptor.name,
            sessionState: .init(providerState: state, workspaceReady: true)
        )
    }

    /// Writes one numbered file.
    func put(_ number: Int) async throws(DriverError) {
        try await driver.call(at: .write, "write \(number) to \(externalID)") { [driver, externalID, epoch] in
            driver.provider.write(number, to: externalID, driver.actual, epoch: epoch)
        }
    }

    func start(_ command: BoxCommand) async throws(DriverError) -> any BoxProcess { throw .notSimulated }
    func attach(_ id: String, stdout: UInt64, stderr: UInt64) async throws(DriverError) -> any BoxProcess {
        throw .notSimulated
    }
    func processes() async throws(DriverError) -> [BoxProcessListing] { throw .notSimulated }
    func read(_ path: String) async throws(DriverError) -> any BoxFileReader { throw .notSimulated }
    func write(_ path: String, mode: UInt32?) async throws(DriverError) -> any BoxFileWriter { throw .notSimulated }
    func stat(_ path: String) async throws(DriverError) -> FileInfo { throw .notSimulated }
    func list(_ path: String, after cursor: String?, limit: Int) async throws(DriverError) -> DirectoryPage {
        throw .notSimulated
    }
    func makeDirectory(_ path: String) async throws(DriverError) { throw .notSimulated }
    func remove(_ path: String, recursive: Bool) async throws(DriverError) { throw .notSimulated }
    func waitUntilClosed() async {}
    func detach() async {}
}

extension DriverError {
    fileprivate static let notSimulated = DriverError(.unsupported, "Not simulated.")
}
