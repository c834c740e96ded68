extension SandfleetClient {
    /// How long one request waits for an end.
    private static let longestPoll = Duration.seconds(30)
    /// What an answer may take beyond the time that it was asked to wait.
    private static let slack = Duration.seconds(15)

    /// Starts a process in a sandbox, once, and returns while it runs.
    ///
    /// A program that cannot be started is a process with the status `failed`, not an error.
    ///
    /// - Parameters:
    ///   - command: What to run.
    ///   - sandbox: The sandbox's id.
    ///   - mode: Whether it keeps the sandbox awake while it runs.
    ///   - stdinOpen: Whether its input stays open after `command.input`, for `writeStdin`.
    ///   - terminal: Gives it a terminal of this size, which is also its input; all output is then `stdout`.
    ///   - operationId: The same id and command are the same process; nil makes a new id for this call.
    /// - Returns: The process as it was right after the start.
    /// - Throws: `SandfleetError`.
    public func startProcess(
        _ command: Command,
        in sandbox: String,
        mode: ProcessMode = .background,
        stdinOpen: Bool = false,
        terminal: TerminalSize? = nil,
        operationId: String? = nil
    ) async throws -> SandboxProcess {
        let placement = StartRequest.Placement(mode: mode, stdinOpen: stdinOpen, pty: terminal)
        let operation = operationId ?? Self.newOperation()
        let body = StartRequest(command: command, operationId: operation, placement: placement)
        var request = try APIRequest("POST", ["v1", "sandboxes", sandbox, "processes"]).json(body)
        request.isRepeatable = true
        var patience = connection.patienceOnceDelivered
        return try await connection.value(request, patience: &patience)
    }

    /// The process of an id, as it is now.
    public func process(_ id: String) async throws -> SandboxProcess {
        try await connection.value(APIRequest("GET", ["v1", "processes", id]))
    }

    /// One page of a sandbox's processes, newest first.
    public func listProcesses(
        of sandbox: String,
        status: ProcessStatus? = nil,
        kind: ProcessKind? = nil,
        limit: Int? = nil,
        cursor: String? = nil
    ) async throws -> Page<SandboxProcess> {
        let query = [
            ("status", status?.rawValue), ("kind", kind?.rawValue), ("limit", limit.map(String.init)),
            ("cursor", cursor),
        ]
        return try await connection.value(
            APIRequest("GET", ["v1", "sandboxes", sandbox, "processes"], query: query)
        )
    }

    /// All processes of a sandbox, newest first.
    public func processes(
        of sandbox: String,
        status: ProcessStatus? = nil,
        kind: ProcessKind? = nil
    ) -> Pages<SandboxProcess> {
        Pages { cursor in
            try await listProcesses(of: sandbox, status: status, kind: kind, limit: 100, cursor: cursor)
        }
    }

    /// Waits until a process has ended, however often the connection breaks.
    ///
    /// - Parameters:
    ///   - id: The process's id.
    ///   - limit: How long to wait at most; nil waits for as long as it takes.
    /// - Returns: The process; it still runs when the time was up first.
    /// - Throws: `SandfleetError`, also when the fleet cannot be reached for too long.
    public func waitForProcess(_ id: String, for limit: Duration? = nil) async throws -> SandboxProcess {
        let end = limit.map { ContinuousClock.now + $0 }
        var patience = connection.patience(until: end)
        while true {
            let poll = max(.milliseconds(1), min(end.map { $0 - .now } ?? Self.longestPoll, Self.longestPoll))
            let query = [("timeoutMs", Optional(String(poll.wholeMilliseconds)))]
            var request = APIRequest("POST", ["v1", "processes", id, "wait"], query: query)
            request.isRepeatable = true
            request.timeLimit = poll + Self.slack
            let asked = ContinuousClock.now
            let process: SandboxProcess = try await connection.value(request, patience: &patience)
            if !process.isRunning { return process }
            if let end, end <= .now { return process }
            // A gateway that leaves answers early: it is not asked again in a tight circle.
            if .now - asked < poll / 2 { try await Task.sleep(for: .milliseconds(100)) }
        }
    }

    /// Sends a signal to a process and everything that it started.
    ///
    /// - Parameters:
    ///   - signal: Its name, with or without `SIG`, as in `INT`.
    ///   - id: The process's id.
    /// - Returns: The process right after it.
    /// - Throws: `SandfleetError`; `processEnded` when there is nothing left to signal.
    @discardableResult
    public func signal(_ signal: String, _ id: String) async throws -> SandboxProcess {
        try await connection.value(APIRequest("POST", ["v1", "processes", id, "signal"]).json(["signal": signal]))
    }

    /// Ends a process and everything that it started, and returns when all of it is dead.
    ///
    /// - Parameters:
    ///   - id: The process's id.
    ///   - grace: The time between asking it to end and killing it; nil is the fleet's own.
    /// - Returns: The process: `killed` and `cancelled`, or as it had ended before.
    /// - Throws: `SandfleetError`.
    @discardableResult
    public func cancelProcess(_ id: String, grace: Duration? = nil) async throws -> SandboxProcess {
        let body = grace.map { ["graceMs": $0.wholeMilliseconds] } ?? [:]
        var request = try APIRequest("POST", ["v1", "processes", id, "cancel"]).json(body)
        request.isRepeatable = true
        var patience = connection.patience()
        return try await connection.value(request, patience: &patience)
    }

    /// Tells a process's terminal its new size.
    public func resizeTerminal(of id: String, to size: TerminalSize) async throws {
        var request = try APIRequest("POST", ["v1", "processes", id, "resize"]).json(size)
        request.isRepeatable = true
        try await connection.perform(request)
    }

    /// The output of a process, as one stream that goes on by itself where a connection broke.
    ///
    /// - Parameters:
    ///   - id: The process's id.
    ///   - start: Where to begin.
    ///   - follow: Whether to wait for what is not there yet, until the process's end.
    ///   - onChange: Called when the connection is lost, and when output comes again.
    /// - Returns: The chunks; nothing is asked before they are read.
    public func output(
        of id: String,
        from start: OutputStart = .beginning,
        follow: Bool = true,
        onChange: (@Sendable (OutputConnectionChange) -> Void)? = nil
    ) -> ProcessOutput {
        ProcessOutput(processId: id, connection: connection, start: start, follows: follow, onChange: onChange)
    }
}
