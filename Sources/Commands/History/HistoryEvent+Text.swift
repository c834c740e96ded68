import FoundationEssentials
import SandfleetClient

extension HistoryEvent {
    /// How many of an id's characters tell it from others in one table.
    private static let tail = 6

    /// What happened, in words, as in `snapshot published`.
    var what: String { kind.replacing(".", with: " ").replacing("_", with: " ") }

    /// Who did it, with the end of its id, as in `worker …3c0yqk`.
    var who: String? {
        guard let actor else { return nil }
        let parts = actor.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return actor }
        return "\(parts[0]) \(parts[1].count > Self.tail ? "…\(parts[1].suffix(Self.tail))" : parts[1])"
    }

    /// Why, and what else a person should know of it.
    var why: String? {
        var parts = [reason, details["error"]?.word]
        parts.append(details["exitCode"]?.word.map { "exit code \($0)" })
        parts.append(details["signal"]?.word)
        if case .integer(let bytes) = details["sizeBytes"] { parts.append(Quantities.bytes(bytes)) }
        let told = parts.compactMap(\.self).filter { $0 != subject }
        return told.isEmpty ? nil : told.joined(separator: ", ")
    }
}

extension JSONValue {
    fileprivate var word: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): "\(number)"
        default: nil
        }
    }
}
