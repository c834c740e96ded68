package import BoxClient
import Glibc
import Model
package import ProviderKit

extension DriverError {
    /// A box that does not answer is never `gone` for that: its record says what became of it.
    package init(_ error: BoxError) {
        let kind: Kind =
            switch error.code {
            case .notFound: .file(.fileNotFound)
            case .notDirectory: .file(.notDirectory)
            case .isDirectory: .file(.isDirectory)
            case .notEmpty: .file(.directoryNotEmpty)
            case .permission: .file(.permissionDenied)
            case .exists: .file(.fileExists)
            case .noSpace: .file(.diskFull)
            case .outsideRoot: .file(.permissionDenied)
            case .commandNotFound: .startFailed(errno: ENOENT)
            case .commandNotExecutable: .startFailed(errno: EACCES)
            // ENOENT is for a program that is not there.
            case .badWorkingDirectory:
                .startFailed(errno: error.errno == 0 || error.errno == ENOENT ? ENOTDIR : error.errno)
            case .startFailed: .startFailed(errno: error.errno == 0 ? EAGAIN : error.errno)
            case .noSuchProcess: .processGone
            case .processEnded: .processEnded
            case .invalid, .tooLarge, .inputGap, .outputForgotten: .invalid
            case .processExists, .followedElsewhere, .staleEpoch, .wrongSandbox: .conflict
            case .unsupportedVersion: .unsupported
            case .tooMany, .processLimit: .rateLimited(after: nil)
            case .survivors: .timeout
            case .system, .sizeMismatch, .noSuchHandle, .unreachable, .connectionClosed,
                .protocolViolation:
                .transient
            }
        self.init(kind, "the box answered \(error)")
    }
}

/// Runs calls to a box and gives their errors the driver's form.
package func mapped<Value>(_ body: () async throws -> Value) async throws(DriverError) -> Value {
    do {
        return try await body()
    } catch let error as BoxError {
        throw DriverError(error)
    } catch let error as DriverError {
        throw error
    } catch is CancellationError {
        throw DriverError(.transient, "the call was cancelled")
    } catch {
        throw DriverError(.transient, "the call to the box failed")
    }
}

/// Runs a call to a box for a limited time; it is cancelled afterwards.
package func withDeadline<Value: Sendable>(
    _ timeout: Duration,
    _ message: String,
    _ body: @escaping @Sendable () async throws -> Value
) async throws(DriverError) -> Value {
    try await mapped {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw DriverError(.timeout, message) }
            return value
        }
    }
}
