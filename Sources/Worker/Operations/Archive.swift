import Bus
import Model
import NIOCore
import ProviderKit
import ServiceHost

/// Packs and unpacks tar streams inside the box, by the box's own `tar`: whatever an archive says, it cannot reach further
/// than any other program in there.
struct Archive: Sendable {
    let box: any Box
    let path: String

    func extract(from tunnel: Tunnel) async throws {
        defer { tunnel.close() }
        try await box.makeDirectory(path)
        try await run(
            ["tar", "--extract", "--no-same-owner", "--file=-", "--directory=\(path)"],
            input: tunnel,
            output: nil
        )
    }

    /// A directory as `.` and what is below it; a file by its name.
    func send(_ info: FileInfo, through tunnel: Tunnel) async {
        let (directory, member) = info.type == .directory ? (path, ".") : Self.split(path)
        do {
            try await tunnel.withWatch {
                try await run(
                    ["tar", "--create", "--file=-", "--directory=\(directory)", "--", member],
                    input: nil,
                    output: tunnel
                )
                try await tunnel.finish()
            }
            tunnel.close()
        } catch {
            tunnel.reset(Fault.describing(error))
        }
    }

    private func run(_ arguments: [String], input: Tunnel?, output: Tunnel?) async throws {
        let id = ProcessID.now().rawValue
        let process = try await box.start(
            BoxCommand(id: id, arguments: arguments, stdin: input == nil ? .none : .open(ByteBuffer()))
        )
        var complaint = ""
        var exit: ProcessExit?
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let input {
                    group.addTask {
                        do {
                            while let (_, bytes) = try await input.next() { try await process.write(bytes) }
                            try await process.closeInput()
                        } catch is DriverError {
                            // It closed its input: its exit says why.
                        }
                    }
                }
                while let event = try await process.next() {
                    switch event {
                    case .stdout(let bytes, _): try await output?.send(bytes)
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
            // Told below, by what it complained of.
        }
        guard exit?.code == 0 else {
            throw Fault(
                .archiveInvalid,
                "tar could not \(input == nil ? "pack" : "unpack") it.",
                details: complaint.isEmpty ? [:] : ["tar": complaint]
            )
        }
    }

    private static func split(_ path: String) -> (directory: String, member: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let directory = path[..<slash]
        return (directory.isEmpty ? "/" : String(directory), String(path[path.index(after: slash)...]))
    }
}
