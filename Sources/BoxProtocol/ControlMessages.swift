/// Sends a signal to a process and every descendant.
package struct SignalMessage: FrameMessage, Equatable, Sendable {
    /// The stream that the process was started or attached on.
    package var stream: UInt32
    package var number: Int32

    package init(stream: UInt32, number: Int32) {
        self.stream = stream
        self.number = number
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        stream = try decoder.read()
        number = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(stream)
        encoder.write(number)
    }
}

/// Ends a process and every descendant; answered when none of them lives.
package struct KillMessage: FrameMessage, Equatable, Sendable {
    package var stream: UInt32
    /// Between TERM and KILL; 0 means KILL at once.
    package var graceMilliseconds: UInt32

    package init(stream: UInt32, graceMilliseconds: UInt32) {
        self.stream = stream
        self.graceMilliseconds = graceMilliseconds
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        stream = try decoder.read()
        graceMilliseconds = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(stream)
        encoder.write(graceMilliseconds)
    }
}

/// Ends a durable process by its id and every descendant, whoever follows it; answered when none of them lives.
///
/// An id that is unknown must not start any more, and the answer says that it is unknown.
package struct KillNamedMessage: FrameMessage, Equatable, Sendable {
    package var id: String
    /// Between TERM and KILL; 0 means KILL at once.
    package var graceMilliseconds: UInt32

    package init(id: String, graceMilliseconds: UInt32) {
        self.id = id
        self.graceMilliseconds = graceMilliseconds
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        id = try decoder.readString()
        graceMilliseconds = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(id)
        encoder.write(graceMilliseconds)
    }
}

/// Ends everything that the daemon has started, then the daemon; answered when nothing of it lives.
package struct ShutDownMessage: FrameMessage, Equatable, Sendable {
    /// Between TERM and KILL; 0 means KILL at once.
    package var graceMilliseconds: UInt32

    package init(graceMilliseconds: UInt32) {
        self.graceMilliseconds = graceMilliseconds
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        graceMilliseconds = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(graceMilliseconds)
    }
}

/// Changes the size of a process's terminal.
package struct ResizeMessage: FrameMessage, Equatable, Sendable {
    package var stream: UInt32
    package var size: TerminalSize

    package init(stream: UInt32, size: TerminalSize) {
        self.stream = stream
        self.size = size
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        stream = try decoder.read()
        size = TerminalSize(rows: try decoder.read(), columns: try decoder.read())
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(stream)
        encoder.write(size.rows)
        encoder.write(size.columns)
    }
}

/// One process that the box remembers.
package struct ProcessSummary: FrameMessage, Hashable, Sendable {
    package var id: String
    package var process: Int32
    package var isDetached: Bool
    /// Nil while it runs.
    package var exit: ExitedMessage?
    /// The first bytes that are still held.
    package var held: OutputOffsets

    package init(id: String, process: Int32, isDetached: Bool, exit: ExitedMessage?, held: OutputOffsets) {
        self.id = id
        self.process = process
        self.isDetached = isDetached
        self.exit = exit
        self.held = held
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        id = try decoder.readString()
        process = try decoder.read()
        isDetached = try decoder.readBool()
        exit = try decoder.readBool() ? try ExitedMessage(from: &decoder) : nil
        held = try OutputOffsets(from: &decoder)
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(id)
        encoder.write(process)
        encoder.write(isDetached)
        encoder.write(exit != nil)
        exit?.encode(into: &encoder)
        held.encode(into: &encoder)
    }
}

/// Every process that the box remembers.
package struct ProcessListMessage: FrameMessage, Equatable, Sendable {
    package var processes: [ProcessSummary]

    package init(processes: [ProcessSummary]) {
        self.processes = processes
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        processes = try decoder.readList()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(processes)
    }
}
