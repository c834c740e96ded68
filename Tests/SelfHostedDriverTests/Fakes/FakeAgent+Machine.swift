import Foundation
import Model
import SwiftProtobuf
import Wire

extension FakeAgent.Machine {
    mutating func open(_ request: WireAgentOpen) -> WireAgentOpened {
        let isFresh = keeperID == nil || attempt == request.attempt
        if keeperID == nil { attempt = request.attempt }
        let id = keeperID ?? UUID().uuidString
        keeperID = id
        return .with { opened in
            opened.keeperID = id
            opened.isFresh = isFresh
            opened.directory = "/work"
            opened.lostReason = isFresh ? lostReason : ""
        }
    }

    /// Without a keeper only those two are answered.
    func requireKeeper(for request: WireAgentRequest) throws {
        switch request.operation {
        case .open, .close: return
        default: break
        }
        guard keeperID == nil else { return }
        throw Fault(.sandboxNotActive, "The sandbox is not open.", details: ["reason": lostReason])
    }

    mutating func perform(_ request: WireAgentRequest) throws -> WireAgentReply {
        var reply = WireAgentReply()
        reply.done = WireAgentDone()
        switch request.operation {
        case .start(let start):
            let isKnown = processes[start.processID] != nil
            if !isKnown { processes[start.processID] = FakeProgram(input: start.stdin) }
            reply.started = .with { started in
                started.externalID = "pid-\(start.processID)"
                started.attached = isKnown
            }
        case .append(let append):
            reply.input = try append.taken(by: &processes)
        case .kill(let kill):
            processes[kill.processID]?.exit = .with { $0.signal = 9 }
        case .release(let release):
            processes[release.processID] = nil
        case .processes:
            reply.processes = .with { list in
                list.processes = processes.map { id, program in
                    .with { process in
                        process.processID = id
                        process.externalID = "pid-\(id)"
                        process.running = program.exit == nil
                        process.stdoutStart = program.stored.stdout
                        process.stderrStart = program.stored.stderr
                    }
                }
            }
        case .stat(let stat):
            reply.file = try info(of: stat.path)
        case .openRead(let open):
            let handle = UUID().uuidString
            handles[handle] = open.path
            reply.handle = .with { opened in opened.handle = handle }
            reply.handle.file = try info(of: open.path)
        case .read(let read):
            guard let path = handles[read.handle], let file = files[path] else {
                throw Fault(.notFound, "No such handle.")
            }
            let part = file.dropFirst(Int(read.offset)).prefix(Int(read.limit))
            reply.bytes = .with { answer in
                answer.bytes = Data(part)
                answer.end = Int(read.offset) + part.count >= file.count
            }
        case .openWrite(let open):
            handles[open.handle] = open.path
            if written[open.handle] == nil { written[open.handle] = [:] }
        case .write(let write):
            guard handles[write.handle] != nil else { throw Fault(.notFound, "No such handle.") }
            written[write.handle]?[write.offset] = write.bytes
        case .commit(let commit):
            reply.file = try self.commit(commit)
        case .remove(let remove):
            guard files.removeValue(forKey: remove.path) != nil else { throw Fault(.fileNotFound, "No such file.") }
        default: break
        }
        return reply
    }

    private func info(of path: String) throws -> WireFileInfo {
        guard let file = files[path] else { throw Fault(.fileNotFound, "No such file.") }
        return .with { info in
            info.type = .file
            info.size = UInt64(file.count)
            info.mode = 0o644
        }
    }

    private mutating func commit(_ commit: WireAgentCommit) throws -> WireFileInfo {
        if let info = committed[commit.handle] { return info }
        guard let path = handles[commit.handle] else { throw Fault(.notFound, "No such handle.") }
        var content = Data()
        for (offset, bytes) in (written[commit.handle] ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard Int(offset) == content.count else { throw Fault(.invalidRequest, "There is a gap.") }
            content.append(bytes)
        }
        guard content.count == Int(commit.size) else { throw Fault(.invalidRequest, "Bytes are missing.") }
        files[path] = content
        committed[commit.handle] = try info(of: path)
        return try info(of: path)
    }
}

extension WireAgentAppend {
    fileprivate func taken(by processes: inout [String: FakeProgram]) throws -> WireAgentInput {
        guard var program = processes[processID] else { throw Fault(.processNotFound, "No such process.") }
        let start = hasOffset ? Int(offset) : program.input.count
        guard start <= program.input.count else { throw Fault(.stdinOffset, "There is a gap.") }
        program.input.append(bytes.dropFirst(program.input.count - start))
        if end { program.inputEnded = true }
        processes[processID] = program
        return .with { state in
            state.offset = UInt64(program.input.count)
            state.ended = program.inputEnded
        }
    }
}
