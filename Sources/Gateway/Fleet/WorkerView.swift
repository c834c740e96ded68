import Model
package import Store

/// A worker as the API shows it.
package struct WorkerView: Sendable {
    private let worker: WorkerRecord

    package init(_ worker: WorkerRecord) {
        self.worker = worker
    }

    package var json: JSONValue {
        [
            "id": .string(worker.id.rawValue),
            "name": .string(worker.name),
            "host": .string(worker.host),
            "pid": .integer(Int64(worker.pid)),
            "version": .string(worker.version),
            "providers": .strings(worker.providers),
            "placement": .orNull(worker.placement),
            "state": .string(worker.state.rawValue),
            "live": .bool(worker.isValid),
            "heartbeatAgeMs": .integer(Int64(worker.heartbeatAge)),
            "sandboxes": .integer(Int64(worker.sandboxes)),
            "startedAt": .string(ISO8601.string(worker.startedAt)),
        ]
    }
}
