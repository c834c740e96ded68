import Model
import NIOCore
import ProviderKit

/// One driver beside its server, and what checks do with both.
struct Bench: Sendable {
    let driver: any Driver
    let fleet: FleetID
    /// What its boxes are made of here.
    var spec = SandboxSpec(networkPolicy: .none)
    /// An image of boxes with sizes, where the provider wants one to be named for that.
    var sizedImage: String?
    /// The driver of another worker under the same account.
    let successor: @Sendable () async throws -> any Driver
    /// A driver that sees another account, or another host.
    let stranger: @Sendable () async throws -> any Driver
    let server: ServerFaults
    /// Whether a box has the limits that it was made with, by the word of the provider or of its kernel.
    let holds: @Sendable (Resources, any Box) async throws -> Bool
    /// Proves that a disk outlives its box, where the descriptor says so.
    var volumeOutlivesBox: (@Sendable () async throws -> Bool)?
    /// Lets time pass for the provider; nil where its clock is this machine's.
    var letTimePass: (@Sendable (Duration) async throws -> Void)?
    /// Where the provider ends all boxes.
    var mortal: MortalBoxes?
    /// What the driver and its neighbours have logged.
    var logged: @Sendable () -> String = { "" }
    /// Values that must not show anywhere.
    var secrets: [String] = []
}

/// How the server is made to fail; nil is what cannot happen to this provider, with the reason.
struct ServerFaults: Sendable {
    typealias Action = @Sendable () async throws -> Void

    /// The next create is done, and its answer lost.
    var loseCreate: Action?
    /// The next deletion is done, and its answer lost.
    var loseDeletion: Action?
    /// The next call is answered with "too many", and a time to wait.
    var limitRate: Action?
    /// All calls are answered with a server's error until they are `heal`ed.
    var breakDown: Action?
    /// All calls are refused as not authorized until they are `heal`ed.
    var expireCredentials: Action?
    var heal: Action?
    /// The provider takes the box away by itself.
    let reap: @Sendable (Envelope) async throws -> Void
    /// Why the others are nil.
    var obstacle = ""
}

extension Bench {
    static func newID<Kind>() -> Identifier<Kind> {
        var generator = SystemRandomNumberGenerator()
        return Identifier(at: 1_700_000_000_000, using: &generator)
    }

    func tag(sandbox: SandboxID = newID(), epoch: UInt64 = 1) -> BoxTag {
        BoxTag(fleet: fleet, sandbox: sandbox, box: Self.newID(), epoch: epoch)
    }

    func creation(
        _ tag: BoxTag? = nil,
        _ change: (inout SandboxSpec) -> Void = { _ in },
        source: ArchiveReference? = nil,
        environment: [String: String] = [:]
    ) -> BoxCreation {
        var spec = spec
        change(&spec)
        return BoxCreation(tag: tag ?? self.tag(), spec: spec, environment: environment, source: source)
    }

    func resumption(of box: any Box, _ tag: BoxTag, epoch: UInt64 = 2) -> BoxResumption {
        BoxResumption(envelope: box.envelope, sandbox: tag.sandbox, epoch: epoch, spec: spec, environment: [:])
    }

    /// As an owner makes one: what the descriptor says no to is refused before anything is called.
    func make(_ creation: BoxCreation) async throws -> any Box {
        try driver.descriptor.refuseUnsupported(in: creation.spec)
        return try await driver.create(creation)
    }

    /// A box that is deleted afterwards.
    func withBox(
        _ tag: BoxTag? = nil,
        _ change: (inout SandboxSpec) -> Void = { _ in },
        environment: [String: String] = [:],
        _ body: (any Box, BoxTag) async throws -> Void
    ) async throws {
        let tag = tag ?? self.tag()
        let box = try await make(creation(tag, change, environment: environment))
        do {
            try await body(box, tag)
        } catch {
            try? await driver.delete(box.envelope, epoch: .max)
            throw error
        }
        try await driver.delete(box.envelope, epoch: .max)
    }
}
