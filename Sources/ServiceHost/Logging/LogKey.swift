package import Logging

/// The names under which log lines carry what varies; the message itself is constant.
package enum LogKey: String, Sendable, CaseIterable {
    case requestID = "request.id"
    case workspace = "workspace.id"
    case sandbox = "sandbox.id"
    case operation = "operation.id"
    case process = "process.id"
    case worker = "worker.id"
    case box = "box.id"
    case archive = "archive.id"
    case key = "key.id"
    case fleet = "fleet.id"
    case epoch
    case provider
    case placement
    case intent
    case subject
    case method = "http.request.method"
    case route = "http.route"
    case status = "http.response.status_code"
    case code = "error.code"
    case error = "error.message"
    case duration = "duration_ms"
    case count
    case reason
    case address
    case service
    case setting
}

extension Logger {
    package subscript(_ key: LogKey) -> Logger.MetadataValue? {
        get { self[metadataKey: key.rawValue] }
        set { self[metadataKey: key.rawValue] = newValue }
    }
}

extension Dictionary where Key == String, Value == Logger.MetadataValue {
    /// Metadata under the keys of the enumeration.
    package static func keyed(_ values: [LogKey: Logger.MetadataValue]) -> Logger.Metadata {
        Logger.Metadata(uniqueKeysWithValues: values.map { ($0.key.rawValue, $0.value) })
    }
}
