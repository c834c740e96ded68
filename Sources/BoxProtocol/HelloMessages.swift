/// Opens a connection: who speaks, for which sandbox, under which epoch.
package struct HelloMessage: FrameMessage, Equatable, Sendable {
    package var version: UInt32
    package var epoch: UInt64
    /// Empty when the box has not been given to a sandbox yet.
    package var sandbox: String

    package init(version: UInt32 = Frame.version, epoch: UInt64, sandbox: String) {
        self.version = version
        self.epoch = epoch
        self.sandbox = sandbox
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        version = try decoder.read()
        epoch = try decoder.read()
        sandbox = try decoder.readString()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(version)
        encoder.write(epoch)
        encoder.write(sandbox)
    }
}

/// The daemon's answer to a hello that it accepts.
package struct WelcomeMessage: FrameMessage, Equatable, Sendable {
    package var version: UInt32
    /// The daemon's own process id, as it sees it: 1 inside a box.
    package var process: Int32

    package init(version: UInt32 = Frame.version, process: Int32) {
        self.version = version
        self.process = process
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        version = try decoder.read()
        process = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(version)
        encoder.write(process)
    }
}
