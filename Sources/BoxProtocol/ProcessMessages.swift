/// A process has been started, or a running one attached.
package struct StartedMessage: FrameMessage, Equatable, Sendable {
    package var process: Int32
    package var input: InputPosition

    package init(process: Int32, input: InputPosition) {
        self.process = process
        self.input = input
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        process = try decoder.read()
        input = try InputPosition(from: &decoder)
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(process)
        input.encode(into: &encoder)
    }
}

/// Watches a detached process from the given offsets on; what lies before them may be forgotten.
package struct AttachMessage: FrameMessage, Equatable, Sendable {
    package var id: String
    package var offsets: OutputOffsets

    package init(id: String, offsets: OutputOffsets) {
        self.id = id
        self.offsets = offsets
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        id = try decoder.readString()
        offsets = try OutputOffsets(from: &decoder)
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(id)
        offsets.encode(into: &encoder)
    }
}

/// Positions in both of a process's streams.
///
/// As an acknowledgement: all bytes before them may be forgotten.
package struct OutputOffsets: FrameMessage, Hashable, Sendable {
    package var stdout: UInt64
    package var stderr: UInt64

    package init(stdout: UInt64 = 0, stderr: UInt64 = 0) {
        self.stdout = stdout
        self.stderr = stderr
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        stdout = try decoder.read()
        stderr = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(stdout)
        encoder.write(stderr)
    }
}

/// Bytes of one of a process's streams, borrowed from the frame.
///
/// `offset` counts the bytes of that stream before them.
package struct OutputMessage {
    package var isError: Bool
    package var offset: UInt64
    package var bytes: UnsafeRawBufferPointer

    package init(payload: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        var decoder = FieldDecoder(payload)
        isError = try decoder.readBool()
        offset = try decoder.read()
        bytes = try decoder.readBorrowed()
    }
}

/// How a process ended, from its wait status alone.
package struct ExitedMessage: FrameMessage, Hashable, Sendable {
    /// An exit code, or minus the number of the signal that killed it.
    package var status: Int32
    package var outputOpen: Bool
    package var timedOut: Bool
    package var totals: OutputOffsets

    package init(status: Int32, outputOpen: Bool, timedOut: Bool, totals: OutputOffsets) {
        self.status = status
        self.outputOpen = outputOpen
        self.timedOut = timedOut
        self.totals = totals
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        status = try decoder.read()
        outputOpen = try decoder.readBool()
        timedOut = try decoder.readBool()
        totals = try OutputOffsets(from: &decoder)
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(status)
        encoder.write(outputOpen)
        encoder.write(timedOut)
        totals.encode(into: &encoder)
    }
}
