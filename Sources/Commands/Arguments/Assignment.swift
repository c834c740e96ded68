import ArgumentParser
import FoundationEssentials

/// `NAME=VALUE` on the command line; a name alone takes its value from our own environment.
struct Assignment: ExpressibleByArgument, Equatable, Sendable {
    let name: String
    let value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "=") else {
            guard let value = ProcessInfo.processInfo.environment[argument] else { return nil }
            name = argument
            self.value = value
            return
        }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
        if name.isEmpty { return nil }
    }
}

extension [Assignment] {
    /// The assignments as a dictionary; the last of a name wins.
    var dictionary: [String: String] {
        reduce(into: [:]) { $0[$1.name] = $1.value }
    }
}
