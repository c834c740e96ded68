import Model

/// What is remembered of a sandbox's keeper, on disk.
///
/// It is written before the keeper is started, and again when its process is known: whoever finds the former alone
/// knows that one may live.
struct KeeperRecord: Sendable, Equatable {
    /// Names one life of the keeper.
    var id: String
    /// Nil between the intent and the start.
    var process: ProcessIdentity?
    /// The boot in which it was meant to start.
    var bootID: String
    /// The sandbox's directory, real path.
    var directory: String
    var isIsolated: Bool
    /// The wish that it was started for.
    var attempt = ""
    /// Why the one before it is no more.
    var lostReason = ""
}

extension KeeperRecord {
    /// Sixteen characters: the path of a socket is short.
    static func makeID() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(AgentInstanceID(at: UInt64(Timestamp.milliseconds), using: &generator).rawValue.suffix(16))
    }
}

/// What is remembered of a sandbox, on disk.
struct SandboxRecord: Sendable, Equatable {
    /// The highest that was seen; lower ones are refused.
    var epoch: UInt64 = 0
    /// Nil before the first `open` and after `close`.
    var keeper: KeeperRecord?
}

extension SandboxRecord {
    /// Nil when there is none, or it says nothing.
    init?(_ json: JSON) {
        guard let epoch = json["epoch"]?.string.flatMap({ UInt64($0) }) else { return nil }
        self.epoch = epoch
        guard let keeper = json["keeper"], keeper != .null else { return }
        guard let id = keeper["id"]?.string, let boot = keeper["boot"]?.string,
            let directory = keeper["directory"]?.string
        else { return nil }
        var process: ProcessIdentity?
        if let pid = keeper["pid"]?.integer, let start = keeper["startTime"]?.string.flatMap({ UInt64($0) }) {
            process = ProcessIdentity(pid: Int32(truncatingIfNeeded: pid), startTime: start, bootID: boot)
        }
        self.keeper = KeeperRecord(
            id: id,
            process: process,
            bootID: boot,
            directory: directory,
            isIsolated: keeper["isolated"]?.bool ?? false,
            attempt: keeper["attempt"]?.string ?? "",
            lostReason: keeper["lostReason"]?.string ?? ""
        )
    }

    var json: JSON {
        // Numbers of 64 bits as text: JSON's have fewer.
        var json: JSON = ["epoch": .string(String(epoch))]
        guard let keeper, case .object(var members) = json else { return json }
        var object: [(String, JSON)] = [
            ("id", .string(keeper.id)), ("boot", .string(keeper.bootID)), ("directory", .string(keeper.directory)),
            ("isolated", .bool(keeper.isIsolated)), ("attempt", .string(keeper.attempt)),
            ("lostReason", .string(keeper.lostReason)),
        ]
        if let process = keeper.process {
            object.append(("pid", .integer(process.pid)))
            object.append(("startTime", .string(String(process.startTime))))
        }
        members.append(.init(name: "keeper", value: .object(object.map { .init(name: $0.0, value: $0.1) })))
        json = .object(members)
        return json
    }
}
