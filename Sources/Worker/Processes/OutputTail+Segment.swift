import ProcessOutput
import Store

extension OutputTail {
    /// Where a record stands by the archive's word.
    init(_ last: OutputSegment) {
        self.init(
            position: OutputPosition(sequence: last.lastSequence, stdout: last.stdoutEnd, stderr: last.stderrEnd),
            streamSequence: last.streamSequence
        )
    }
}
