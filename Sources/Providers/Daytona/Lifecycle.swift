import Model
import ProviderKit

/// Brings boxes into a state, whatever they are in or on their way to, unless a later owner has begun with them: each look
/// before a change sees that.
struct DaytonaLifecycle: Sendable {
    let api: DaytonaAPI
    /// A box may have to be built, or to be fetched from an archive.
    var startLimit: Duration = .seconds(600)
    var stopLimit: Duration = .seconds(180)

    /// Starts a box unless it runs; returns when it does.
    ///
    /// - Parameter seen: The box as it was shown right now; one that is seen to run is not looked at again.
    /// - Throws: `gone` when it is no more, `transient` when it has failed, `conflict` when a later owner has begun.
    func wake(
        _ id: String,
        _ box: Envelope,
        epoch: UInt64,
        seen: DaytonaSandbox? = nil
    ) async throws(DriverError) -> DaytonaSandbox {
        if let seen, seen.observed.meaning == .running { return seen }
        var hasRecovered = false
        let sandbox = try await BoundedWait(limit: startLimit)
            .until("the box to run") {
                () async throws(DriverError) -> BoundedWait<ContinuousClock>.Look<DaytonaSandbox> in
                let sandbox = try await look(id, box, epoch)
                switch sandbox.observed.meaning {
                case .running, .gone, .unknown: return .ready(sandbox)
                case .becoming, .leaving: return .notYet("it is \(sandbox.observed.raw)")
                case .stopped: return .notYet(try await attempt(id, "start", box))
                case .failed:
                    guard sandbox.recoverable == true, !hasRecovered else { return .ready(sandbox) }
                    hasRecovered = true
                    return .notYet(try await attempt(id, "recover", box))
                }
            }
        if sandbox.observed.meaning == .failed { throw sandbox.failure }
        if let obstacle = sandbox.observed.obstacle(of: "the box") { throw obstacle }
        return sandbox
    }

    /// Stops a box unless it is stopped; returns when nothing runs in it any more.
    func stop(_ id: String, _ box: Envelope, epoch: UInt64, isEphemeral: Bool) async throws(DriverError) {
        var isAsked = false
        let end: DriverError?
        do {
            end = try await BoundedWait(limit: stopLimit)
                .until("the box to stop") {
                    () async throws(DriverError) -> BoundedWait<ContinuousClock>.Look<DriverError?> in
                    let sandbox = try await look(id, box, epoch)
                    switch sandbox.observed.meaning {
                    case .gone, .failed, .unknown: return .ready(sandbox.observed.obstacle(of: "the box"))
                    case .becoming, .leaving: return .notYet("it is \(sandbox.observed.raw)")
                    // What is paused has its processes yet.
                    case .stopped where sandbox.observed.word != .paused: return .ready(nil)
                    case .running, .stopped:
                        isAsked = true
                        return .notYet(try await attempt(id, "stop", box))
                    }
                }
        } catch {
            // One that was to be stopped, and is deleted for that.
            guard error.kind == .gone, isEphemeral, isAsked else { throw error }
            return
        }
        if let end { throw end }
    }

    /// Deletes a box; returns when the provider has no such thing any more.
    ///
    /// - Throws: `gone` when there was none.
    func delete(_ id: String, _ box: Envelope, epoch: UInt64) async throws(DriverError) {
        try await BoundedWait(limit: stopLimit)
            .until("the box to be deleted") {
                () async throws(DriverError) -> BoundedWait<ContinuousClock>.Look<Void> in
                let sandbox: DaytonaSandbox
                do throws(DriverError) {
                    sandbox = try await look(id, box, epoch)
                } catch {
                    guard error.kind == .gone else { throw error }
                    return .ready(())
                }
                switch sandbox.observed.word {
                case .destroyed: return .ready(())
                case .destroying: return .notYet("it is \(sandbox.observed.raw)")
                default: break
                }
                do throws(DriverError) {
                    return .notYet("it is \(try await api.delete(id, of: box).observed.raw)")
                } catch {
                    return .notYet(try Self.reason(error))
                }
            }
    }

    private func look(_ id: String, _ box: Envelope, _ epoch: UInt64) async throws(DriverError) -> DaytonaSandbox {
        let sandbox = try await api.get(id, of: box)
        try TagLabels.refuse(epoch, behind: sandbox.labels)
        return sandbox
    }

    /// Begins a change of state; the next look tells what came of it, also when nobody has answered.
    private func attempt(_ id: String, _ change: String, _ box: Envelope) async throws(DriverError) -> String {
        do {
            try await api.change(id, change, of: box)
            return "it was asked to \(change)"
        } catch {
            return try Self.reason(error)
        }
    }

    /// Why a box is not yet as it shall be; errors that waiting does not change are thrown.
    private static func reason(_ error: DriverError) throws(DriverError) -> String {
        switch error.kind {
        // Another change is under way, or has come first.
        case .conflict, .invalid, .timeout, .transient: return error.message
        default: throw error
        }
    }
}
