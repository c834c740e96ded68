import ExecutionEngine
import Glibc

extension ChildSpecification {
    /// Starts the child from the calling thread and returns its pid.
    func start() throws(FleetError) -> pid_t {
        let input = try opened(input, O_RDONLY | O_CLOEXEC)
        defer { close(input) }
        let output = try opened(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW)
        defer { close(output) }
        let handed = try handedDirectory.map { path throws(FleetError) in
            try opened(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { if let handed { close(handed) } }
        var child = SupervisedChild(
            executable: executable,
            arguments: arguments,
            environment: environment,
            input: input,
            output: output
        )
        child.handed = handed ?? -1
        child.deathSignal = deathSignal
        child.account = account.map { SupervisedChild.Account(user: $0.user, group: $0.group) }
        do {
            return try child.start()
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ failure: SupervisedChild.Failure) -> FleetError {
        let code = failure.error.code
        return FleetError(
            code == EPERM || code == EACCES ? .notPermitted : .spawn,
            "Cannot start \(executable): \(failure.step): \(lastSystemError(code)).",
            advice: failure.step == "setresuid" ? "This root may not become the user `\(account?.name ?? "")`." : nil
        )
    }

    private func opened(_ path: String, _ flags: Int32) throws(FleetError) -> Int32 {
        let descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { throw FleetError(.data, "Cannot open \(path): \(lastSystemError()).") }
        return descriptor
    }
}
