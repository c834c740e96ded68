/// Where a new process reads from.
package enum InputSource: Equatable, Sendable {
    /// `/dev/null`.
    case none
    /// These bytes, then the end.
    case bytes([UInt8])
    /// These bytes, then input frames.
    case open([UInt8])
}

/// The size of a terminal in characters.
package struct TerminalSize: Equatable, Sendable {
    package var rows: UInt16
    package var columns: UInt16

    package init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }
}

/// Asks for a new process; the frame's stream id names it on this connection.
package struct StartMessage: FrameMessage, Equatable, Sendable {
    package var id: String
    package var arguments: [String]
    /// `NAME=value` entries that replace or extend the box's own environment.
    package var environment: [String]
    package var inheritsEnvironment = true
    /// Relative to the workspace; empty means the workspace.
    package var workingDirectory = ""
    package var input: InputSource = .none
    package var terminal: TerminalSize?
    /// 0 means none.
    package var timeoutMilliseconds: UInt32 = 0
    /// Between TERM and KILL when the timeout strikes.
    package var graceMilliseconds: UInt32 = 500
    /// 0 means unlimited.
    package var addressSpace: UInt64 = 0
    package var processCount: UInt64 = 0
    package var openFiles: UInt64 = 0
    /// Belongs to the box, and outlives the connection.
    package var isDetached = false

    package init(id: String, arguments: [String], environment: [String] = []) {
        self.id = id
        self.arguments = arguments
        self.environment = environment
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        id = try decoder.readString()
        arguments = try decoder.readStrings()
        environment = try decoder.readStrings()
        inheritsEnvironment = try decoder.readBool()
        workingDirectory = try decoder.readString()
        switch try decoder.read(UInt8.self) {
        case 0: input = .none
        case 1: input = .bytes(try decoder.readBytes())
        case 2: input = .open(try decoder.readBytes())
        default: throw .invalidValue
        }
        if try decoder.readBool() {
            terminal = TerminalSize(rows: try decoder.read(), columns: try decoder.read())
        }
        timeoutMilliseconds = try decoder.read()
        graceMilliseconds = try decoder.read()
        addressSpace = try decoder.read()
        processCount = try decoder.read()
        openFiles = try decoder.read()
        isDetached = try decoder.readBool()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(id)
        encoder.write(arguments)
        encoder.write(environment)
        encoder.write(inheritsEnvironment)
        encoder.write(workingDirectory)
        switch input {
        case .none: encoder.write(UInt8(0))
        case .bytes(let bytes):
            encoder.write(UInt8(1))
            encoder.write(bytes)
        case .open(let bytes):
            encoder.write(UInt8(2))
            encoder.write(bytes)
        }
        encoder.write(terminal != nil)
        if let terminal {
            encoder.write(terminal.rows)
            encoder.write(terminal.columns)
        }
        encoder.write(timeoutMilliseconds)
        encoder.write(graceMilliseconds)
        encoder.write(addressSpace)
        encoder.write(processCount)
        encoder.write(openFiles)
        encoder.write(isDetached)
    }
}
