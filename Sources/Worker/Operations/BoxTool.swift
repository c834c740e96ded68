import Model
import NIOCore
import ProviderKit
import ServiceHost

/// A program of the box's own that takes or gives a stream of bytes.
struct BoxTool: Sendable {
    let box: any Box
    let arguments: [String]

    /// How it ended, and the beginning of what it complained of.
    struct Outcome: Sendable {
        var code: Int32?
        var complaint: String
    }

    /// Runs it to its end; a task that is cancelled, or input that breaks off, ends it by force.
    ///
    /// - Parameters:
    ///   - input: The next bytes; nil at the end.
    ///   - output: Takes what it writes; it waits meanwhile.
    func run(
        input: (@Sendable () async throws -> ByteBuffer?)? = nil,
        output: (ByteBuffer) async throws -> Void = { _ in }
    ) async throws -> Outcome {
        let process = try await box.start(
            BoxCommand(
                id: ProcessID.now().rawValue,
                arguments: arguments,
                stdin: input == nil ? .none : .open(ByteBuffer())
            )
        )
        var complaint = ""
        var exit: ProcessExit?
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let input { group.addTask { try await Self.feed(process, from: input) } }
                while let event = try await process.next() {
                    switch event {
                    case .stdout(let bytes, _): try await output(bytes)
                    case .stderr(let bytes, _): complaint += String(buffer: bytes).prefix(max(0, 512 - complaint.count))
                    case .exited(let end): exit = end
                    }
                }
                if exit?.code != 0 { group.cancelAll() }
                try await group.waitForAll()
            }
        } catch  where exit == nil {
            await Task { try? await process.kill(grace: .zero) }.value
            throw error
        } catch is CancellationError where exit?.code != 0 {
            // It ended before its input did: its exit says why.
        }
        return Outcome(code: exit?.code, complaint: complaint)
    }

    /// The same for a program whose failure is one of an archive.
    ///
    /// - Parameter codes: With which exit codes it has done its work.
    func pack(
        expecting codes: Set<Int32> = [0],
        _ what: String,
        input: (@Sendable () async throws -> ByteBuffer?)? = nil,
        output: (ByteBuffer) async throws -> Void = { _ in }
    ) async throws {
        let outcome = try await run(input: input, output: output)
        guard let code = outcome.code, codes.contains(code) else {
            throw Fault(
                .archiveInvalid,
                "\(arguments.first ?? "tar") could not \(what).",
                details: outcome.complaint.isEmpty ? [:] : ["tar": outcome.complaint]
            )
        }
    }

    private static func feed(
        _ process: any BoxProcess,
        from input: @Sendable () async throws -> ByteBuffer?
    ) async throws {
        do {
            while let bytes = try await input() {
                do throws(DriverError) {
                    try await process.write(bytes)
                } catch {
                    // It closed its input: its exit says why.
                    return
                }
            }
        } catch {
            // Nothing more will come, and half of it must not be taken for all.
            await Task { try? await process.kill(grace: .zero) }.value
            throw error
        }
        do throws(DriverError) {
            try await process.closeInput()
        } catch {
            // As above.
        }
    }
}
