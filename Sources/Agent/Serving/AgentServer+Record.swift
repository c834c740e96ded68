import Model
import Wire

extension AgentServer {
    /// Writes what was done to the log of the machine: names and numbers, never contents, arguments or variables.
    func record(_ request: WireAgentRequest, _ answer: Result<WireAgentReply, Fault>, took: Duration) {
        guard let operation = request.operation, let (name, what) = Self.description(of: operation) else { return }
        var members: [(String, JSON)] = [("sandbox", .string(request.sandboxID))] + what
        switch answer {
        case .success: members.append(("outcome", "done"))
        case .failure(let fault):
            members.append(("outcome", .string(fault.code.rawValue)))
            if let setting = fault.details["setting"] { members.append(("setting", .string(setting))) }
        }
        let (seconds, attoseconds) = took.components
        members.append(("ms", .integer(seconds * 1000 + attoseconds / 1_000_000_000_000_000)))
        host.log.write(name, members)
    }

    /// Nil for what is only a part of something else: pieces of a file, of output.
    private static func description(
        of operation: WireAgentRequest.OneOf_Operation
    ) -> (name: String, what: [(String, JSON)])? {
        func process(_ id: String) -> (String, JSON) { ("process", .string(id)) }
        func path(_ path: String) -> (String, JSON) { ("path", .string(path)) }
        return switch operation {
        case .ping, .pull, .read, .write, .processes, .release: nil
        case .open(let request): ("open", [("directory", .string(request.directory))])
        case .close: ("close", [])
        case .start(let request):
            (
                "start",
                [
                    process(request.processID), ("program", .string(request.arguments.first ?? "")),
                    ("arguments", .integer(max(0, request.arguments.count - 1))), ("directory", .string(request.cwd)),
                ]
            )
        case .append(let request): ("input", [process(request.processID), ("bytes", .integer(request.bytes.count))])
        case .signal(let request): ("signal", [process(request.processID), ("number", .integer(request.number))])
        case .kill(let request): ("kill", [process(request.processID)])
        case .resize(let request): ("resize", [process(request.processID)])
        case .stat(let request): ("stat", [path(request.path)])
        case .list(let request): ("list", [path(request.path)])
        case .openRead(let request): ("read", [path(request.path)])
        case .openWrite(let request): ("write", [path(request.path), ("handle", .string(request.handle))])
        case .commit(let request):
            ("commit", [("handle", .string(request.handle)), ("bytes", .integer(request.size))])
        case .discard(let request): ("discard", [("handle", .string(request.handle))])
        case .makeDirectory(let request): ("make_directory", [path(request.path)])
        case .remove(let request): ("remove", [path(request.path), ("recursive", .bool(request.recursive))])
        }
    }
}
