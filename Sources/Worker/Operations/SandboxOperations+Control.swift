import Bus
import Model
import Ownership
import ProviderKit
import Store
import SwiftProtobuf
import Wire

extension SandboxOperations {
    /// What has ended cannot be asked for anything.
    struct Ended: Error {
        var record: ProcessRecord
    }

    /// Asks something of a running process.
    ///
    /// - Parameter isRepeatable: When its box breaks away meanwhile, it is asked again as soon as it is found again.
    func control<Answer: Sendable>(
        _ id: String,
        _ deadline: Int64?,
        isRepeatable: Bool,
        _ body: (any BoxProcess) async throws -> Answer
    ) async throws -> Answer {
        let end = ContinuousClock.now + patience(Self.findPatience, deadline)
        do {
            let process = try await find(id)
            while true {
                switch try await process.started(within: end - .now) {
                case .running(let source):
                    do {
                        return try await body(source)
                    } catch let error as DriverError where error.kind == .processEnded || error.kind == .processGone {
                        // Its end is on its way.
                        guard case .ended(let record)? = try await process.ended(within: end - .now) else {
                            throw error
                        }
                        throw Ended(record: record)
                    } catch let error as DriverError where error.kind == .transient {
                        try Task.checkCancellation()
                        guard isRepeatable, .now < end else {
                            throw Fault(.outcomeUnknown, "The box broke away; whether the process got it is not known.")
                        }
                        try await Task.sleep(for: .milliseconds(50))
                    }
                case .ended(let record): throw Ended(record: record)
                case nil: throw Fault(.providerTimeout, "The box of this process does not answer.", retryAfter: 2)
                case .starting, .detached, .refused, .left: throw Fault.moving
                }
            }
        } catch let ended as Ended {
            throw Fault.processEnded(ended.record)
        }
    }

    /// The process, if this worker looks after it.
    ///
    /// - Throws: `Ended`, or `process_not_found`.
    func find(_ text: String) async throws -> OwnedProcess {
        guard let id = ProcessID(text) else { throw Fault(.invalidRequest, "process_id has to be an id.") }
        if let process = holding.processes[id] {
            if case .ended(let record) = process.phase { throw Ended(record: record) }
            return process
        }
        guard let record = try await keeper.store.process(id, in: holding.workspace), record.sandbox == holding.sandbox
        else { throw Fault(.processNotFound, "There is no such process.") }
        guard record.isRunning else { throw Ended(record: record) }
        guard !record.isObserved else {
            throw Fault(.unsupported, "Another program runs this process, and only reports it.")
        }
        // A row that another owner has written since: this one has been superseded.
        throw NoLease()
    }

    /// At most so long, and a moment less than the caller waits.
    func patience(_ limit: Duration, _ deadline: Int64?) -> Duration {
        guard let deadline else { return limit }
        return min(limit, max(.zero, .milliseconds(deadline - keeper.bus.clock.now - 250)))
    }
}

extension Fault {
    static func processEnded(_ record: ProcessRecord) -> Fault {
        Fault(
            .processEnded,
            "The process has ended: \(record.status.rawValue).",
            details: ["processId": record.id.rawValue, "status": record.status.rawValue]
        )
    }
}

extension WireProcessState {
    init(_ record: ProcessRecord) {
        self.init()
        processID = record.id.rawValue
        status = Status(record.status)
        if let code = record.exitCode { exitCode = code }
        signal = record.signal ?? ""
        reason = record.reason ?? ""
        message = record.message ?? ""
        stdoutBytes = record.stdoutBytes
        stderrBytes = record.stderrBytes
        chunkCount = record.chunkCount
        externalID = record.externalID ?? ""
        outputOpen = record.outputOpen
    }

    static func running(_ id: String, _ source: any BoxProcess) -> WireProcessState {
        .with {
            $0.processID = id
            $0.status = .running
            $0.externalID = source.externalID
        }
    }
}

extension WireProcessState.Status {
    init(_ status: ProcessStatus) {
        switch status {
        case .running: self = .running
        case .exited: self = .exited
        case .failed: self = .failed
        case .killed: self = .killed
        case .lost: self = .lost
        }
    }
}
