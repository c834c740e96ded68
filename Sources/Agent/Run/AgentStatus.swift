import NIOConcurrencyHelpers

/// What `agent status` tells of a run.
final class AgentStatus: Sendable {
    enum Presence: String, Sendable {
        /// Waiting for credentials or for the network, for the first time.
        case starting
        case online
        /// It was online, and is trying to be again.
        case reconnecting
        /// Another machine with this agent's key is online.
        case conflict
        case leaving
    }

    private struct State {
        var presence = Presence.starting
        /// Unix milliseconds by this machine's clock.
        var credentialsEnd: Int64?
        var server: String?
        var errors: [(time: String, message: String)] = []
    }

    private static let rememberedErrors = 10

    private let log: ActivityLog
    private let state = NIOLockedValueBox(State())

    init(log: ActivityLog) {
        self.log = log
    }

    var presence: Presence { state.withLockedValue(\.presence) }

    /// Whoever leaves does not come back.
    func moved(to presence: Presence) {
        let isNew = state.withLockedValue { state in
            guard state.presence != .leaving, state.presence != presence else { return false }
            state.presence = presence
            return true
        }
        if isNew { log.write("presence", [("state", .string(presence.rawValue))]) }
    }

    func connected(to server: String, credentialsEnd: Int64) {
        state.withLockedValue { state in
            state.server = server
            state.credentialsEnd = credentialsEnd
        }
        moved(to: .online)
    }

    func failed(_ message: String) {
        log.write("error", [("message", .string(message))])
        state.withLockedValue { state in
            state.errors.append((Timestamp.now, message))
            if state.errors.count > Self.rememberedErrors { state.errors.removeFirst() }
        }
    }

    var members: [(String, JSON)] {
        state.withLockedValue { state in
            [
                ("presence", .string(state.presence.rawValue)), ("connected", .bool(state.presence == .online)),
                ("server", state.server.map { .string($0) } ?? .null),
                ("credentialsEnd", state.credentialsEnd.map { .string(Timestamp.text(milliseconds: $0)) } ?? .null),
                (
                    "errors",
                    .array(state.errors.map { ["time": .string($0.time), "message": .string($0.message)] })
                ),
            ]
        }
    }
}
