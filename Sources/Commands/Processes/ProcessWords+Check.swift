import ArgumentParser
import SandfleetClient

extension ProcessKind {
    private static let known: [ProcessKind] = [.command, .service, .codexAppServer, .devServer, .testRunner, .watcher]

    /// The kinds that there are, as a list for people.
    static var words: String { listed(known.map(\.rawValue)) }

    func check() throws {
        guard Self.known.contains(self) else { throw ValidationError("The kinds are \(Self.words); not '\(self)'.") }
    }
}

extension ProcessStatus {
    private static let known: [ProcessStatus] = [.running, .exited, .killed, .failed, .lost]

    /// What a process can be, as a list for people.
    static var words: String { listed(known.map(\.rawValue)) }

    func check() throws {
        guard Self.known.contains(self) else { throw ValidationError("A process is \(Self.words); not '\(self)'.") }
    }
}

private func listed(_ words: [String]) -> String {
    words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
}
