import Glibc
import NIOCore
import SandfleetClient

/// A command in the foreground: this program's input, output, signals and terminal are the command's.
struct Execution: Sendable {
    typealias Consume = @Sendable (OutputChunk) async throws -> Void

    let session: Session
    let sandbox: String
    let command: Command
    let readsInput: Bool
    let hasTerminal: Bool
    /// Keeps the sandbox awake only while there is such proof; without it the command does by itself.
    var presence: Presence?

    private var client: SandfleetClient { session.client }

    /// Runs the command to its end.
    ///
    /// - Parameter consume: Takes the chunks as they come; the command's output waits for it.
    /// - Returns: The process's id and how it ended.
    func run(_ consume: @escaping Consume) async throws -> (process: String, exit: ProcessExit) {
        let signals = ExecutionSignals()
        return try await session.interruption.handled(by: signals) {
            // A terminal is input already.
            let process = try await client.startProcess(
                command,
                in: sandbox,
                mode: presence == nil ? .foreground : .background,
                stdinOpen: readsInput && !hasTerminal,
                terminal: hasTerminal ? TerminalWindow.size : nil
            )
            signals.begin(process.id)
            defer { TerminalMode.shared.end() }
            if takesOverTerminal { try TerminalMode.shared.makeRaw() }
            do {
                return (process.id, try await attend(process.id, signals, consume))
            } catch let failure as Failure {
                // Nobody can read its output, or its input cannot be read: as in a pipe, that is the command's end. The
                // failure counts, whether the command could be told or not.
                _ = try? await client.cancelProcess(process.id)
                throw failure
            } catch let error as SandfleetError where error.isLostConnection {
                throw Failure(
                    .outcomeUnknown,
                    "the connection to the fleet is lost: \(error.message)",
                    hint: "the command goes on; follow it with 'sandfleet logs -f \(process.id)'",
                    code: error.code.rawValue
                )
            }
        }
    }

    private func attend(
        _ process: String,
        _ signals: ExecutionSignals,
        _ consume: @escaping Consume
    ) async throws -> ProcessExit {
        try await withThrowingTaskGroup(of: ProcessExit?.self) { group in
            group.addTask { try await follow(process, consume) }
            group.addTask {
                await signals.obey(client, process)
                return nil
            }
            if readsInput {
                group.addTask {
                    try await feed(process)
                    return nil
                }
            }
            if let presence {
                group.addTask {
                    try await Vigil(client: client, sandbox: sandbox).keep(while: { presence.isProven() })
                    return nil
                }
            }
            if hasTerminal {
                group.addTask {
                    for await size in TerminalWindow.changes { await resize(process, to: size) }
                    return nil
                }
            }
            defer { group.cancelAll() }
            while let exit = try await group.next() {
                if let exit { return exit }
            }
            throw CancellationError()
        }
    }

    private func follow(_ process: String, _ consume: Consume) async throws -> ProcessExit {
        let connection = ExecutionConnection(isRaw: takesOverTerminal)
        for try await chunk in client.output(of: process, onChange: connection.changed) {
            try await consume(chunk)
            if chunk.bytes != nil { presence?.wrote() }
            if let exit = chunk.exit { return exit }
        }
        throw Failure(.outcomeUnknown, "the command's output ended before the command")
    }

    private func feed(_ process: String) async throws {
        do {
            let input = DescriptorBytes(descriptor: .standardInput) { presence?.typed() }
            try await client.writeStdin(input, to: process, at: 0)
        } catch let error as SandfleetError where error.code == .processEnded {
            // It needs no more input.
        }
    }

    private func resize(_ process: String, to size: TerminalSize) async {
        do {
            try await client.resizeTerminal(of: process, to: size)
        } catch {
            // Only looks are lost, and the next change tells the size again.
        }
    }

    /// Whether keys go to the command unseen by our terminal.
    private var takesOverTerminal: Bool { hasTerminal && readsInput && isatty(STDIN_FILENO) == 1 }
}

extension SandfleetError {
    /// Whether nothing was said about the command itself.
    fileprivate var isLostConnection: Bool {
        [.unreachable, .interrupted, .timeout].contains(code) || (status ?? 0) >= 500
    }
}
