import CurlTransport

extension SandfleetClient {
    /// Runs a command in a sandbox once, and waits for its end.
    ///
    /// A command that fails, cannot be started, or is killed by its own timeout, is a result and not an error. A
    /// connection that breaks is made again, and finds the same run. Cancelling the task ends the waiting, not the
    /// command.
    ///
    /// - Parameters:
    ///   - command: What to run.
    ///   - sandbox: The sandbox's id.
    ///   - operationId: The same id and command are the same run; nil makes a new id for this call.
    /// - Returns: How it ended, and the last of what it printed.
    /// - Throws: `SandfleetError`.
    public func runCommand(
        _ command: Command,
        in sandbox: String,
        operationId: String? = nil
    ) async throws -> CommandResult {
        let body = StartRequest(command: command, operationId: operationId ?? Self.newOperation())
        var request = try APIRequest("POST", ["v1", "sandboxes", sandbox, "commands"]).json(body)
        // Bounded by the command's own timeout.
        request.hasDeadline = false
        request.isRepeatable = true
        var patience = connection.patienceOnceDelivered
        return try await connection.value(request, patience: &patience)
    }

    /// Starts a command in a sandbox and returns what it does as it happens, from the start to the end.
    ///
    /// Letting go of the output does not end the command; `cancelProcess` does.
    public func stream(_ command: Command, in sandbox: String) async throws -> ProcessOutput {
        let process = try await startProcess(command, in: sandbox, mode: .foreground)
        return output(of: process.id)
    }
}
