import FoundationEssentials
import Glibc
import NIOCore
import SandfleetClient

/// Writes answers to standard output: text for people, or JSON for programs.
struct Output: Sendable {
    let isJSON: Bool

    /// Writes a value as JSON, or what a person reads instead.
    func show(_ value: some Encodable & Sendable, or text: @autoclosure () -> String) async throws {
        var line = isJSON ? try json(value) : text()
        if !line.isEmpty, !line.hasSuffix("\n") { line += "\n" }
        try await BlockingDescriptor.standardOutput.write(ByteBuffer(string: line))
    }

    private func json(_ value: some Encodable) throws -> String {
        let encoder = APICoding.encoder()
        if isatty(STDOUT_FILENO) == 1 { encoder.outputFormatting.insert(.prettyPrinted) }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

extension String {
    /// The text without control characters, which could move a terminal's cursor.
    var printable: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }
}
