package import Logging
import NIOConcurrencyHelpers

/// Keeps every line of every level.
package final class LogRecorder: Sendable {
    private let lines = NIOLockedValueBox<[String]>([])

    package init() {}

    package var text: String { lines.withLockedValue { $0.joined(separator: "\n") } }

    package var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(recorder: self) }
        logger.logLevel = .trace
        return logger
    }

    private func keep(_ line: String) {
        lines.withLockedValue { $0.append(line) }
    }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.keep("\(event.message) \(event.metadata ?? [:]) \(metadata)")
        }
    }
}
