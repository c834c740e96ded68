import Fleet
import FleetTesting
import Model
import NATSClient
import NIOCore
import SwiftProtobuf
import Wire

/// Asks an agent as a worker does, in bytes.
struct AgentCaller: Sendable {
    let client: NATSConnection
    let subject: String
    var sandbox = "01jc0000000000000000000sbx"
    var epoch: UInt64 = 1

    /// One operation and its answer; a fault is thrown.
    func ask(
        timeout: Duration = .seconds(35),
        _ fill: (inout WireAgentRequest) -> Void
    ) async throws -> WireAgentReply {
        var request = WireAgentRequest()
        request.sandboxID = sandbox
        request.epoch = epoch
        fill(&request)
        return try await send(try request.serializedBytes(), timeout: timeout)
    }

    func send(_ bytes: [UInt8], timeout: Duration = .seconds(35)) async throws -> WireAgentReply {
        let message = try await client.request(
            subject: subject,
            payload: ByteBuffer(bytes: bytes),
            timeout: timeout,
            endsWithConnection: true
        )
        if let text = message.headers["Nats-Service-Error"] {
            guard let fault = try? WireFault(serializedBytes: Array(buffer: message.payload)),
                let code = FaultCode(rawValue: fault.code)
            else { throw FixtureError("not a fault: \(text)") }
            throw Fault(code, fault.message, details: fault.details)
        }
        return try WireAgentReply(serializedBytes: Array(buffer: message.payload))
    }

    /// The code of the fault that an operation is refused with.
    func refusal(_ fill: (inout WireAgentRequest) -> Void) async throws -> Fault {
        do {
            let reply = try await ask(fill)
            throw FixtureError("it was answered: \(reply)")
        } catch let fault as Fault {
            return fault
        }
    }

    @discardableResult
    func open(_ directory: String = "box", env: [String: String] = [:]) async throws -> WireAgentOpened {
        try await ask {
            $0.open.directory = directory
            $0.open.env = env
        }
        .opened
    }

    @discardableResult
    func start(_ id: String, _ arguments: String..., stdinOpen: Bool = false) async throws -> WireAgentStarted {
        try await ask {
            $0.start.processID = id
            $0.start.arguments = arguments
            $0.start.stdinOpen = stdinOpen
        }
        .started
    }

    func pull(_ id: String, stdout: UInt64, stderr: UInt64 = 0, wait: Int64 = 5000) async throws -> WireAgentOutput {
        try await ask {
            $0.pull.processID = id
            $0.pull.stdoutOffset = stdout
            $0.pull.stderrOffset = stderr
            $0.pull.waitMs = wait
            $0.pull.limit = 262_144
        }
        .output
    }

    /// Everything that a process writes, and how it ends.
    func collect(_ id: String) async throws -> (stdout: [UInt8], stderr: [UInt8], exit: WireAgentExit) {
        var output = CollectedOutput()
        while true {
            if let exit = try output.add(
                try await pull(id, stdout: UInt64(output.stdout.count), stderr: UInt64(output.stderr.count))
            ) {
                return (output.stdout, output.stderr, exit)
            }
        }
    }
}

/// What has been pulled of a process so far.
struct CollectedOutput: Sendable {
    var stdout: [UInt8] = []
    var stderr: [UInt8] = []

    /// The exit, once it is there.
    mutating func add(_ output: WireAgentOutput) throws -> WireAgentExit? {
        for piece in output.pieces {
            let expected = UInt64(piece.isStderr ? stderr.count : stdout.count)
            guard piece.offset == expected else { throw FixtureError("offset \(piece.offset), not \(expected)") }
            if piece.isStderr { stderr += piece.bytes } else { stdout += piece.bytes }
        }
        return output.hasExit ? output.exit : nil
    }
}
