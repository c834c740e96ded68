import FoundationEssentials
import Glibc
package import Logging

/// Writes each log line to standard error with one call, so that lines of threads never mix.
package struct StandardErrorLog: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: LogFormat
    private let write: @Sendable (String) -> Void

    package init(
        label: String,
        level: Logger.Level,
        format: LogFormat,
        write: @escaping @Sendable (String) -> Void = Self.writeToStandardError
    ) {
        self.label = label
        logLevel = level
        self.format = format
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { own, _ in own } }
        if let given = event.metadata { fields.merge(given) { _, new in new } }
        if let error = event.error { fields[LogKey.error.rawValue] = "\(error)" }
        let line = format.line(
            at: Date(),
            level: event.level,
            label: label,
            message: event.message,
            metadata: fields
        )
        write(line)
    }

    package static let writeToStandardError: @Sendable (String) -> Void = { line in
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            // A log that cannot be written must not stop the service.
            guard count > 0 || (count < 0 && errno == EINTR) else { return }
            bytes = bytes.dropFirst(max(0, count))
        }
    }

    /// Makes it the log of the process, once.
    package static func bootstrap(_ settings: ServiceSettings) throws(ServiceHostError) {
        guard let level = Logger.Level(rawValue: try settings.string(.logLevel).lowercased()) else {
            throw ServiceHostError(.configuration, "\(ConfigurationKey.logLevel.environmentVariable) is not a level.")
        }
        guard let format = LogFormat(rawValue: try settings.string(.logFormat)) else {
            throw ServiceHostError(.configuration, "\(ConfigurationKey.logFormat.environmentVariable) is not a format.")
        }
        LoggingSystem.bootstrap { StandardErrorLog(label: $0, level: level, format: format) }
    }
}
