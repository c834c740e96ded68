import Bus
import Hummingbird
import Logging
import Model
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Brings sandboxes to life and puts them aside: the intent is committed first, then somebody is asked to carry it out.
struct SandboxLifecycle: Sendable {
    private static let pause = Duration.milliseconds(50)

    let store: Store
    let caller: SandboxCaller
    let acquireTimeout: Duration

    /// Has a fresh row's box made, and answers when the box does.
    ///
    /// - Throws: The row's error when there is no box; `noWorker` when nobody began, and the row is forgotten.
    func create(_ record: SandboxRecord, _ context: GatewayContext) async throws -> SandboxRecord {
        do {
            return try await awaken(record, context)
        } catch let fault as Fault where fault.code == .noWorker || fault.code == .busUnavailable {
            // Only a row that nobody ever took may go: otherwise somebody is at work on it.
            if try await store.abandonCreation(record.id) {
                var fault = fault
                fault.details["sandboxId"] = nil
                throw fault
            }
            return try await awaken(record, context)
        }
    }

    /// Waits until the sandbox is served.
    func awaken(_ record: SandboxRecord, _ context: GatewayContext) async throws -> SandboxRecord {
        let end = ContinuousClock.now + acquireTimeout
        var record = record
        while true {
            if let failure = Self.failure(of: record) { throw failure }
            if let refusal = SandboxStanding(record).refusal(of: record.id) { throw refusal }
            let outcome: WireAcquireReply.Outcome
            do {
                let call = context.call(within: end - .now)
                outcome = try await caller.acquire(SandboxStanding(record), record.id, in: record.workspace, call)
            } catch let fault as Fault {
                // The row may know better why.
                if let failure = Self.failure(of: try await read(record)) { throw failure }
                throw fault
            }
            record = try await read(record)
            if outcome == .serving || (outcome == .owned && record.status == .active) { return record }
            guard .now < end else {
                throw Fault(
                    .outcomeUnknown,
                    "The sandbox was not ready in time; it may still come.",
                    hint: "GET /v1/sandboxes/\(record.id) tells.",
                    details: ["sandboxId": record.id.rawValue]
                )
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Makes an existing sandbox answer: a live one is asked, any other is brought up.
    func revive(_ record: SandboxRecord, _ context: GatewayContext) async throws -> SandboxRecord {
        var probe = WireSandboxRequest()
        probe.operationID = ID.new(of: Kind.Operation.self).rawValue
        probe.probe = WireProbe()
        if record.status == .active {
            do {
                let call = context.call(within: .seconds(5))
                _ = try await caller.bus.ask(probe, workspace: record.workspace, sandbox: record.id, context: call)
                return try await read(record)
            } catch is BusError {
                // Nobody serves it, or its owner is on the way out.
            }
        }
        return try await awaken(stopped: record, context)
    }

    /// Has the row's intent carried out (pause, stop, delete).
    ///
    /// - Returns: Whether it was; false when nobody is there to do it now: the intent stands, and the reaper sees to it.
    func settle(_ record: SandboxRecord, _ context: GatewayContext) async throws -> Bool {
        let end = ContinuousClock.now + acquireTimeout
        let actor = "gateway"
        var answered = false
        while ContinuousClock.now < end {
            if try await store.settleWithoutBox(record.id, actor: actor) { return true }
            guard let now = try await store.sandbox(record.id, in: record.workspace) else { return true }
            if now.intent == .stop, now.status == .shutdown || now.status == .error { return true }
            guard now.intent != .run else { return true }
            var request = WireSandboxRequest()
            request.operationID = ID.new(of: Kind.Operation.self).rawValue
            request.settle = WireSettleIntent()
            do {
                let look = context.call(within: min(end - .now, .seconds(5)))
                do {
                    _ = try await caller.bus.ask(request, workspace: now.workspace, sandbox: now.id, context: look)
                    if answered { try await Task.sleep(for: Self.pause) }
                    // Once done, the row says so: look at it at once. Not done, and answered before: give it time.
                    answered = true
                    continue
                } catch let error as BusError where error.code == .noResponders {
                    let call = context.call(within: end - .now)
                    let outcome = try await caller.acquire(SandboxStanding(now), now.id, in: now.workspace, call)
                    if outcome == .settled { continue }
                }
            } catch let error where Self.isAbsence(error) {
                context.logger.info(
                    "intent left to the reaper",
                    metadata: .keyed([.sandbox: "\(now.id)", .intent: "\(now.intent)", .error: "\(error)"])
                )
                return false
            } catch let error as BusError where error.code == .timeout {
                // Long, or silent because it is not the owner any more: the row tells.
                continue
            } catch let error as BusError where error.code == .remote {
                // The owner is handing over, or lost it meanwhile.
                guard [.moving, .ownedByOther, .leaseLost, .providerConflict, .draining].contains(error.fault.code)
                else {
                    throw error.fault
                }
            }
            try await Task.sleep(for: Self.pause)
        }
        return false
    }

    /// Tells the owner, if there is one, that deadlines in the row changed.
    func announceDeadlines(_ record: SandboxRecord, _ context: GatewayContext) async {
        var request = WireSandboxRequest()
        request.operationID = ID.new(of: Kind.Operation.self).rawValue
        request.settle = .with { $0.onlyIfDue = true }
        do {
            let call = context.call(within: .seconds(2))
            _ = try await caller.bus.ask(request, workspace: record.workspace, sandbox: record.id, context: call)
        } catch {
            // The row is the authority; an owner reads it again when it looks next.
            context.logger.debug("owner not told", metadata: .keyed([.sandbox: "\(record.id)", .error: "\(error)"]))
        }
    }

    /// A stopped sandbox whose intent is to run again comes up like any other.
    private func awaken(stopped record: SandboxRecord, _ context: GatewayContext) async throws -> SandboxRecord {
        let end = ContinuousClock.now + acquireTimeout
        var record = record
        while record.status == .shutdown, record.intent == .run, .now < end {
            let call = context.call(within: end - .now)
            let outcome = try await caller.acquire(SandboxStanding(record), record.id, in: record.workspace, call)
            record = try await read(record)
            if outcome == .serving { return record }
            try await Task.sleep(for: Self.pause)
        }
        return try await awaken(record, context)
    }

    private func read(_ record: SandboxRecord) async throws -> SandboxRecord {
        guard let record = try await store.sandbox(record.id, in: record.workspace) else { throw Fault.sandboxNotFound }
        return record
    }

    /// The error of a row whose box never came to be, as its creator is told.
    static func failure(of record: SandboxRecord) -> Fault? {
        guard record.status == .error else { return nil }
        return Fault(
            record.errorCode.flatMap { FaultCode(rawValue: $0) } ?? .sandboxFailed,
            record.errorMessage ?? "The sandbox never came to be.",
            details: ["sandboxId": record.id.rawValue, "sandboxStatus": record.status.rawValue]
        )
    }

    /// Nobody is there, or nobody answered in time: the intent is written, so nothing is lost.
    private static func isAbsence(_ error: any Error) -> Bool {
        switch error {
        case let error as BusError: [.noResponders, .timeout, .disconnected, .unknown].contains(error.code)
        case let fault as Fault:
            [.noWorker, .placementOffline, .deadlineExceeded, .busUnavailable, .outcomeUnknown].contains(fault.code)
        default: false
        }
    }
}
