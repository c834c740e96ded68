import BoxProtocol
import ExecutionEngine

extension StartFailure {
    /// What the client is told.
    var code: FailureCode {
        switch reason {
        case .notFound: .commandNotFound
        case .notExecutable: .commandNotExecutable
        case .badWorkingDirectory: .badWorkingDirectory
        case .invalid: .invalid
        case .identifierInUse: .processExists
        case .resources: .startFailed
        }
    }
}
