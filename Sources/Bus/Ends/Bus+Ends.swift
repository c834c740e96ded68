import Logging
package import Model
import NATSClient
import NIOCore

/// A listening for the end of one process; it lasts until it is stopped or released.
package struct EndSubscription: Sendable {
    private let subscription: NATSSubscription

    fileprivate init(_ subscription: NATSSubscription) {
        self.subscription = subscription
    }

    package func stop() { subscription.unsubscribe() }
}

/// The news that a process's row has been ended: `ended.<ws>.<process>`, which only says to read the row.
extension Bus {
    /// Tells whoever waits for the process.
    package func announceEnd(of process: ProcessID, in workspace: WorkspaceID) throws(BusError) {
        do {
            try connection.publish(subject: Subject.ended(workspace, process), payload: ByteBuffer())
        } catch {
            throw (error as? NATSError).map { BusError($0) } ?? .unknown
        }
    }

    /// Calls the closure for each of these signals, until the subscription is ended or released.
    ///
    /// Returns once the server knows the subscription: whoever then reads the row misses no end. When the server cannot be
    /// reached it returns too; the subscription begins when the connection is back.
    package func listenForEnd(
        of process: ProcessID,
        in workspace: WorkspaceID,
        _ heard: @escaping @Sendable () -> Void
    ) async throws -> EndSubscription {
        let subject = Subject.ended(workspace, process)
        let subscription = try connection.subscribe(subject: subject, delivery: .latest(4)) { _ in heard() }
        do {
            try await connection.flush(timeout: .seconds(1))
        } catch let error as NATSError {
            logger.debug("ends are not heard yet", metadata: ["subject": "\(subject)", "error": "\(error)"])
        }
        return EndSubscription(subscription)
    }
}
