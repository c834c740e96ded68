/// The unit of the conversation between a box's daemon and its client.
///
/// On the wire: payload length, type, stream id, payload; numbers are little endian.
package enum Frame {
    /// Both sides refuse to talk when these differ.
    package static let version: UInt32 = 2

    package static let headerSize = 9

    /// A longer payload is a protocol violation.
    package static let maximumPayload = 1 << 20

    /// What one output frame carries at most.
    package static let outputChunk = 64 << 10

    /// What one input frame carries at most.
    package static let inputChunk = 64 << 10

    /// What one frame carries of a file at most.
    package static let contentsChunk = 256 << 10
}

/// What a frame's bytes look like before its payload has been understood.
package struct FrameHeader: Equatable, Sendable {
    package var type: FrameType
    package var stream: UInt32

    package init(type: FrameType, stream: UInt32) {
        self.type = type
        self.stream = stream
    }
}

/// Requests are below 128, what the daemon says is above.
package enum FrameType: UInt8, Sendable, CaseIterable {
    case hello = 1
    case ping = 2
    case shutDown = 3

    case start = 10
    case attach = 11
    case detach = 12
    case release = 13
    case acknowledge = 14
    case input = 15
    case signal = 17
    case kill = 18
    case resize = 19
    case processes = 20
    case killNamed = 21

    case status = 30
    case openRead = 31
    case openWrite = 32
    case commit = 33
    case discard = 34
    case list = 35
    case listNext = 36
    case listClose = 37
    case makeDirectory = 38
    case remove = 39
    case rename = 40
    /// Open a file whose contents travel in frames: the client is on another machine.
    case openReadInline = 41
    case openWriteInline = 42
    case readContents = 43
    case writeContents = 44

    case welcome = 128
    case done = 129
    case failed = 130
    case started = 131
    case output = 132
    case exited = 133
    case inputState = 134
    case inputRoom = 135
    case processList = 136
    case fileStatus = 137
    case opened = 138
    case page = 139
    case openedInline = 140
    case contents = 141
}
