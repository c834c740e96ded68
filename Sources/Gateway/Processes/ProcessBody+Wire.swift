import FoundationEssentials
import Model
import NIOCore
import SwiftProtobuf
import Wire

extension ProcessBody {
    /// The most input that goes with the request itself; longer input follows in pieces.
    static let inputPiece = 262_144
    /// What a request may have beside its arguments and variables, so that it fits into a message of the bus.
    private static let roomForInput = 786_432

    /// How much of the input goes with the request.
    var inlineInput: Int {
        let others =
            command.utf8.count + (arguments ?? []).reduce(0) { $0 + $1.utf8.count + 4 }
            + environment.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 12 }
        return min(stdin.count, Self.inputPiece, max(0, Self.roomForInput - others))
    }

    /// Whether input follows after the start.
    var feedsInput: Bool { stdin.count > inlineInput }

    /// The message that starts it.
    func start(as process: ProcessID) -> WireStartProcess {
        .with {
            $0.processID = process.rawValue
            $0.kind = kind.rawValue
            $0.background = mode == .background
            $0.arguments = [command] + (arguments ?? [])
            $0.shell = arguments == nil
            $0.cwd = cwd ?? ""
            $0.env = environment
            $0.stdin = Data(stdin.prefix(inlineInput))
            $0.stdinOpen = staysOpen || feedsInput
            if let terminal { $0.terminal = terminal.wire }
            $0.timeoutMs = timeoutMs ?? 0
            $0.storedLimit = outputLimit ?? 0
            $0.killAtLimit = killsAtLimit
            // Most have none, and a decoder at the other end is dear.
            if !metadata.isEmpty { $0.metadata = Data(JSONValue.map(metadata).encoded.readableBytesView) }
            if let webhook { $0.webhook = webhook.wire }
            $0.requestHash = Data(hash)
        }
    }
}
