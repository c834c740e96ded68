import FoundationEssentials
import Model
import ProviderKit

/// The provider as one worker reaches it, with its credentials.
struct SimulatedDriver: Driver {
    let provider: SimulatedProvider
    let process: SimulatedProcess
    let worker: String
    /// Under which the far end sees this worker.
    let actual: Binding
    /// What the worker says that it is.
    let binding: Binding
    let mutation: Mutation?

    var descriptor: Descriptor {
        var descriptor = provider.flavour.descriptor
        if mutation == .replacesUsersMachines { descriptor.isUsersMachine = false }
        return descriptor
    }

    private static let quick = Link(
        name: "provider",
        latency: 40,
        slow: 0.03,
        slowest: 25_000,
        lostRequests: 0.02,
        lostAnswers: 0.04,
        patience: 20_000
    )
    /// A create has ended before its deadline, nearly always.
    private static let creation = Link(
        name: "create",
        latency: 200,
        slow: 0.15,
        slowest: 20_000,
        lostRequests: 0.03,
        lostAnswers: 0.12,
        patience: 20_000,
        bound: 19_900
    )

    func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        let sentAt = provider.simulator.now
        var link = Self.creation
        if provider.simulator.isFaulty, provider.simulator.random.chance(0.01) {
            link.bound = .max
            link.slowest = 60_000
        }
        let externalID = try await call(at: .create, by: link, "create for \(creation.tag.sandbox.short)") { [provider, actual] in
            provider.create(creation, actual, sentAt: sentAt)
        }
        return box(externalID, sandbox: creation.tag.sandbox, epoch: creation.tag.epoch, isFresh: true)
    }

    func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        let externalID = try self.externalID(resumption.envelope)
        do throws(DriverError) {
            let isFresh = try await call(at: .resume, "resume \(externalID)") { [provider, actual] in
                provider.resume(externalID, actual, epoch: resumption.epoch)
            }
            return box(externalID, sandbox: resumption.sandbox, epoch: resumption.epoch, isFresh: isFresh)
        } catch {
            guard mutation == .createsAfterTransientErrors, error.kind == .transient || error.kind == .agentOffline else {
                throw error
            }
            throw DriverError(.gone, error.message)
        }
    }

    func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let externalID = try self.externalID(envelope)
        try await call(at: .stop, "stop \(externalID)") { [provider, actual] in
            provider.stop(externalID, actual, epoch: epoch)
        }
    }

    func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        try await delete(try externalID(envelope), epoch: epoch, by: worker)
    }

    func delete(_ externalID: String, epoch: UInt64, by who: String) async throws(DriverError) {
        try await call(at: .delete, "delete \(externalID)") { [provider, actual] in
            provider.delete(externalID, actual, epoch: epoch, by: who)
        }
    }

    func list() async throws(DriverError) -> [BoxListing] {
        try await call("list") { [provider, actual] in .success(provider.list(actual)) }
    }

    func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        let externalID = try self.externalID(capture.envelope)
        try await call(at: .capture, "capture \(externalID) as \(capture.archive.short)") { [provider, actual] in
            provider.capture(capture.archive, of: externalID, actual, epoch: capture.epoch)
        }
        return ArchiveReference(
            format: .native,
            id: capture.archive,
            provider: descriptor.name,
            account: binding.account,
            placement: binding.placement,
            externalID: capture.archive.rawValue,
            createdAt: provider.simulator.date
        )
    }

    func discard(_ archive: ArchiveID) async throws(DriverError) {
        try await call("discard \(archive.short)") { [provider] in .success(provider.discard(archive)) }
    }

    func archives() async throws(DriverError) -> [ArchiveID] {
        try await call("list archives") { [provider] in .success(provider.archives.map(\.id)) }
    }

    func shutdown() async {}

    func box(_ externalID: String, sandbox: SandboxID, epoch: UInt64, isFresh: Bool) -> SimulatedBox {
        SimulatedBox(driver: self, externalID: externalID, sandbox: sandbox, epoch: epoch, isFresh: isFresh)
    }

    private func externalID(_ envelope: Envelope) throws(DriverError) -> String {
        guard let externalID = envelope.boxId else { throw DriverError(.invalid, "The envelope names no box.") }
        return externalID
    }

    func call<Value: Sendable>(
        at moment: Moment? = nil,
        by link: Link = quick,
        _ what: @autoclosure @escaping @Sendable () -> String,
        _ effect: @escaping @Sendable () -> Result<Value, DriverError>
    ) async throws(DriverError) -> Value {
        let simulator = provider.simulator
        // Transient errors: of those that did nothing, and of those that did it.
        let lie = simulator.isFaulty ? simulator.random.below(100) : 100
        var link = link
        if let moment { link = await simulator.pass(moment, process, link) }
        let result = await simulator.call(process, link) { [worker] () -> Result<Value, DriverError> in
            if lie < 3 { return .failure(DriverError(lie == 0 ? .rateLimited(after: 1) : .transient, "Try again.")) }
            let value = effect()
            if case .failure(let error) = value { simulator.note(worker, "\(what()) failed: \(error.kind)") }
            return lie < 5 ? .failure(DriverError(.transient, "It broke.")) : value
        }
        switch result {
        case .success(let value): return try value.get()
        case .failure(.unreachable): throw DriverError(.transient, "Not reached.")
        case .failure(.unknown):
            simulator.note(worker, "\(what()): no answer")
            throw DriverError(.timeout, "No answer.")
        case .failure(.killed): throw DriverError(.transient, "Killed.")
        }
    }
}
