import Foundation
import Model
import SwiftProtobuf
import Wire

/// A program that runs nowhere: what it has written, how far that is stored elsewhere, and how it ended.
struct FakeProgram {
    var input: Data
    var inputEnded = false
    var stdout: [UInt8] = []
    var stderr: [UInt8] = []
    var stored: (stdout: UInt64, stderr: UInt64) = (0, 0)
    var exit: WireAgentExit?

    init(input: Data) { self.input = input }

    mutating func emit(_ bytes: [UInt8], isStderr: Bool) {
        if isStderr { stderr += bytes } else { stdout += bytes }
    }

    /// A pull says that all before it is stored; nobody can go back behind that.
    mutating func store(_ out: UInt64, _ error: UInt64) throws {
        guard out >= stored.stdout, error >= stored.stderr else { throw Fault(.outOfRange, "Forgotten already.") }
        guard out <= UInt64(stdout.count), error <= UInt64(stderr.count) else {
            throw Fault(.invalidRequest, "So much was never written.")
        }
        stored = (out, error)
    }

    func hasNews(for pull: WireAgentPull) -> Bool {
        exit != nil || stdout.count > Int(pull.stdoutOffset) || stderr.count > Int(pull.stderrOffset)
    }

    func output(for pull: WireAgentPull) -> WireAgentOutput {
        var left = Int(pull.limit)
        var output = WireAgentOutput()
        var isWhole = true
        for (bytes, offset, isStderr) in [(stdout, pull.stdoutOffset, false), (stderr, pull.stderrOffset, true)] {
            let part = bytes.dropFirst(Int(offset)).prefix(left)
            left -= part.count
            isWhole = isWhole && Int(offset) + part.count == bytes.count
            guard !part.isEmpty else { continue }
            output.pieces.append(
                .with { piece in
                    piece.isStderr = isStderr
                    piece.offset = offset
                    piece.bytes = Data(part)
                }
            )
        }
        // Only with, or after, the last byte before it.
        if let exit, isWhole { output.exit = exit }
        return output
    }
}
