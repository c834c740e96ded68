import NIOCore
import SandfleetClient

/// The output of a process as a follower got it, over any number of connections.
struct FollowedOutput: Sendable {
    private(set) var stdout: [UInt8] = []
    private(set) var stderr: [UInt8] = []
    /// The next chunk that is missing.
    private(set) var next = 1
    private(set) var exit: ProcessExit?
    private(set) var problems: [String] = []

    mutating func take(_ chunk: OutputChunk) {
        if chunk.sequence != next { problems.append("chunk \(chunk.sequence) came where \(next) was due") }
        next = chunk.sequence + 1
        if let bytes = chunk.bytes {
            let isError = chunk.type == .stderr
            let have = isError ? stderr.count : stdout.count
            if chunk.offset != have {
                problems.append("\(chunk.type.rawValue) goes on at \(chunk.offset ?? -1), not at \(have)")
            }
            if isError { stderr += bytes.readableBytesView } else { stdout += bytes.readableBytesView }
        }
        if chunk.isLast { exit = chunk.exit }
    }

    /// What is wrong with it, when the program prints this.
    func problems(of writer: WriterOutput) -> [String] {
        var found = problems
        for (name, got, wanted) in [("stdout", stdout, writer.stdout), ("stderr", stderr, writer.stderr)] {
            if !wanted.starts(with: got) {
                let at = zip(got, wanted).enumerated().first { $0.element.0 != $0.element.1 }?.offset
                found.append("\(name) differs at byte \(at ?? min(got.count, wanted.count)) of \(wanted.count)")
            } else if exit?.isSuccess ?? false, got.count != wanted.count {
                found.append("\(name) has \(got.count) of \(wanted.count) bytes")
            }
        }
        if let exit, let told = exit.stdoutBytes, told != stdout.count {
            found.append("the end tells of \(told) bytes of stdout, \(stdout.count) came")
        }
        return found
    }
}
