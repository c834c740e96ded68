import CLinux
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
        let result = withCStrings([executable] + arguments) { arguments in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                executable.withCString { path in
                    var child = supervise_child()
                    child.path = path
                    child.arguments = arguments
                    child.environment = environment
                    child.input = input
                    child.output = output
                    child.handed = handed ?? -1
                    child.death_signal = deathSignal
                    child.switches_account = account != nil
                    child.user = account?.user ?? 0
                    child.group = account?.group ?? 0
                    return spawn(&child)
                }
            }
        }
        return try result.get()
    }

    private func spawn(_ child: inout supervise_child) -> Result<pid_t, FleetError> {
        var step: UnsafePointer<CChar>?
        let pid = supervise_spawn(&child, &step)
        guard pid < 0 else { return .success(pid) }
        let error = errno
        let name = step.map { String(cString: $0) } ?? "fork"
        return .failure(
            FleetError(
                error == EPERM || error == EACCES ? .notPermitted : .spawn,
                "Cannot start \(executable): \(name): \(lastSystemError(error)).",
                advice: name == "setresuid" ? "This root may not become the user `\(account?.name ?? "")`." : nil
            )
        )
    }

    private func opened(_ path: String, _ flags: Int32) throws(FleetError) -> Int32 {
        let descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { throw FleetError(.data, "Cannot open \(path): \(lastSystemError()).") }
        return descriptor
    }
}

/// Lends a null-terminated array of C strings.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let array = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: strings.count + 1)
    for (index, string) in strings.enumerated() { (array + index).initialize(to: strdup(string)) }
    (array + strings.count).initialize(to: nil)
    defer {
        for index in strings.indices { free(array[index]) }
        array.deallocate()
    }
    return body(UnsafePointer(array))
}
