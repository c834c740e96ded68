import ProviderKit

extension DriverError {
    /// The one place in which a failure of this driver gets the form that owners know.
    init(_ failure: SelfHostedFailure) {
        switch failure {
        case .absent:
            self.init(.agentOffline, "The machine is not connected.")
        case .unanswered:
            self.init(.timeout, "The machine has not answered.")
        case .busUnavailable:
            self.init(.transient, "The message bus cannot be reached.")
        case .superseded:
            self.init(.conflict, "The machine has heard of a later owner of the sandbox.")
        case .overloaded(let seconds):
            self.init(.rateLimited(after: seconds), "The machine has too much to do.")
        case .denied(let message):
            self.init(.denied, message)
        case .keeperEnded(let reason):
            self.init(.transient, "What ran in the sandbox has ended\(reason.map { " (\($0))" } ?? "").")
        case .file(let code, let message):
            self.init(.file(code), message)
        case .unknownHandle:
            self.init(.transient, "The machine has let go of the file.")
        case .processGone:
            self.init(.processGone, "The machine knows no such process.")
        case .processEnded:
            self.init(.processEnded, "The process has ended.")
        case .startFailed(let errno, let message):
            self.init(.startFailed(errno: errno), message)
        case .invalid(let message):
            self.init(.invalid, message)
        case .unsupported(let message):
            self.init(.unsupported, message)
        case .detached:
            self.init(.transient, "The sandbox is served by another worker now.")
        case .cancelled:
            self.init(.transient, "The call was cancelled.")
        case .failed(let message):
            self.init(.transient, message)
        }
    }
}

/// Runs calls to a machine and gives their failures the form that owners know.
func mapped<Value>(_ body: () async throws(SelfHostedFailure) -> Value) async throws(DriverError) -> Value {
    do throws(SelfHostedFailure) {
        return try await body()
    } catch {
        throw DriverError(error)
    }
}
