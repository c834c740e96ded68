package import Bus
package import Logging
import NATSClient

/// The stream that holds the output of all processes.
package enum OutputStream {
    package static let name = "OUTPUT"
    /// After this, output is in the archive or gone (rule 19).
    package static let maximumAge = Duration.seconds(48 * 3600)

    /// Makes the stream be there, of this size; waits a while for JetStream, which comes up a moment after the server.
    ///
    /// A stream that holds much keeps a larger size that it has: when its limit sinks below what it holds, it drops its
    /// oldest messages, although it is to refuse new ones.
    package static func ensure(_ bus: Bus, maximumBytes: Int64, replicas: Int, logger: Logger) async throws {
        var configuration = StreamConfiguration(name: name, subjects: [Subject.anyOutput])
        configuration.maximumBytes = maximumBytes
        configuration.maximumAge = maximumAge
        // A full stream refuses at once, and the processes wait: nothing is dropped (rule 18).
        configuration.discard = .new
        configuration.replicas = replicas
        var pause = Duration.milliseconds(100)
        while true {
            do {
                let jetStream = bus.connection.jetStream()
                configuration.maximumBytes = max(maximumBytes, try await indispensableBytes(jetStream, maximumBytes))
                try await jetStream.createOrUpdateStream(configuration)
                return
            } catch let error as NATSError {
                guard error.mayPass, pause < .seconds(10) else { throw OutputError.unavailable("\(error)") }
                logger.debug("output stream not there yet", metadata: ["error": "\(error)"])
                try await Task.sleep(for: pause)
                pause = pause * 2
            }
        }
    }

    /// What the stream has to go on having; half of its new size is left for what comes while it is being changed.
    private static func indispensableBytes(_ jetStream: JetStream, _ maximumBytes: Int64) async throws -> Int64 {
        do {
            let info = try await jetStream.streamInfo(name)
            return info.state.bytes > UInt64(maximumBytes) / 2 ? info.config.maximumBytes : 0
        } catch let error as NATSError where error.code == .jetStream(.streamNotFound) {
            return 0
        }
    }
}
