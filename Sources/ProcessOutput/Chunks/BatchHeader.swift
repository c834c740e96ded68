/// What the header of a stored batch says: which chunks it holds, and where the record stands after them.
package struct BatchHeader: Sendable, Hashable {
    package static let name = "Sandfleet-Output"
    /// Of the form that we write; a reader refuses a higher one.
    package static let version: UInt64 = 1

    package var firstSequence: UInt64
    package var position: OutputPosition

    package init(firstSequence: UInt64, position: OutputPosition) {
        self.firstSequence = firstSequence
        self.position = position
    }

    /// `1;<epoch>;<first seq>;<last seq>;<stdout end>;<stderr end>;<o|e>`.
    package var text: String {
        let end = position.hasEnded ? "e" : "o"
        return "\(Self.version);\(position.epoch);\(firstSequence);\(position.sequence)"
            + ";\(position.stdout);\(position.stderr);\(end)"
    }

    package init(_ text: String) throws(OutputError) {
        let fields = text.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard let version = fields.first.flatMap({ Self.number($0) }) else {
            throw .malformed("its header has no version")
        }
        guard version == Self.version else { throw .malformed("its version is \(version)") }
        guard
            fields.count == 7,
            let epoch = Self.number(fields[1]),
            let first = Self.number(fields[2]),
            let last = Self.number(fields[3]),
            let stdout = Self.number(fields[4]),
            let stderr = Self.number(fields[5]),
            fields[6].elementsEqual("o".utf8) || fields[6].elementsEqual("e".utf8),
            first >= 1, first <= last
        else { throw .malformed("its header is damaged") }
        firstSequence = first
        position = OutputPosition(
            sequence: last,
            stdout: stdout,
            stderr: stderr,
            epoch: epoch,
            hasEnded: fields[6].first == UInt8(ascii: "e")
        )
    }

    /// Digits alone: what `UInt64` reads besides, such as a sign, nobody has written.
    private static func number(_ field: Substring.UTF8View) -> UInt64? {
        guard field.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        return UInt64(Substring(field))
    }
}
