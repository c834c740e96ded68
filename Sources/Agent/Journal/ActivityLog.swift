import Dispatch
import Glibc
import NIOConcurrencyHelpers

/// What the agent did on this machine, one JSON line each; never secrets or payloads.
///
/// Lines are written by a thread of the log's own. When it cannot keep up, lines are dropped and counted.
package final class ActivityLog: Sendable {
    private struct State {
        var descriptor: Int32 = -1
        var size = 0
        var waiting = 0
        var dropped = 0
        var lastProblem: String?
    }

    private static let maximumWaiting = 10_000

    let path: String
    private let maximumSize: Int
    private let queue = DispatchQueue(label: "agent.log")
    private let state = NIOLockedValueBox(State())

    /// - Parameter maximumSize: Of one file; one older file is kept, with `.1` behind its name.
    package init(path: String, maximumSize: Int = 8 << 20) {
        self.path = path
        self.maximumSize = maximumSize
    }

    /// Why the last line could not be written.
    var problem: String? { state.withLockedValue(\.lastProblem) }

    func write(_ operation: String, _ members: [(String, JSON)] = []) {
        let line = Self.line(operation, members)
        let isAccepted = state.withLockedValue { state in
            guard state.waiting < Self.maximumWaiting else {
                state.dropped += 1
                return false
            }
            state.waiting += 1
            return true
        }
        guard isAccepted else { return }
        queue.async { [self] in append(line) }
    }

    /// Returns when everything before it is in the file.
    func flush() async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    private static func line(_ operation: String, _ members: [(String, JSON)]) -> String {
        let all = [("time", JSON.string(Timestamp.now)), ("operation", .string(operation))] + members
        return JSON.object(all.map { JSON.Member(name: $0.0, value: $0.1) }).text + "\n"
    }

    private func append(_ line: String) {
        state.withLockedValue { state in
            state.waiting -= 1
            var text = line
            if state.dropped > 0, state.waiting == 0 {
                text = Self.line("log.dropped", [("lines", .integer(state.dropped))]) + line
                state.dropped = 0
            }
            if state.descriptor < 0 { open(&state) }
            if state.descriptor >= 0, state.size + text.utf8.count > maximumSize { rotate(&state) }
            guard state.descriptor >= 0 else { return }
            if LocalFile.writeAll(state.descriptor, Array(text.utf8)) {
                state.size += text.utf8.count
                state.lastProblem = nil
            } else {
                state.lastProblem = String(cString: strerror(errno))
            }
        }
    }

    private func open(_ state: inout State) {
        state.descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard state.descriptor >= 0 else {
            state.lastProblem = String(cString: strerror(errno))
            return
        }
        state.size = Int(lseek(state.descriptor, 0, SEEK_END))
    }

    private func rotate(_ state: inout State) {
        if rename(path, path + ".1") == 0 {
            close(state.descriptor)
            open(&state)
        } else if ftruncate(state.descriptor, 0) == 0 {
            // It cannot be put aside, and must not grow for ever.
            state.size = 0
        }
    }

    deinit {
        state.withLockedValue { state in
            if state.descriptor >= 0 { close(state.descriptor) }
        }
    }
}

/// Times as a person and a program read them.
enum Timestamp {
    /// UTC in milliseconds, `2026-01-02T03:04:05.678Z`.
    static var now: String { text(milliseconds: milliseconds) }

    static var milliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    static func text(milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func padded(_ number: some BinaryInteger, _ width: Int = 2) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        return "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1))-\(padded(parts.tm_mday))"
            + "T\(padded(parts.tm_hour)):\(padded(parts.tm_min)):\(padded(parts.tm_sec)).\(padded(milliseconds % 1000, 3))Z"
    }
}
