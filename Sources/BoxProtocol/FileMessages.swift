/// What a name in a directory stands for.
package enum FileKind: UInt8, Sendable, CaseIterable {
    case regular = 1
    case directory = 2
    case symbolicLink = 3
    case other = 4
}

/// What is known about one file.
package struct FileStatusMessage: FrameMessage, Hashable, Sendable {
    /// Within its directory, or empty for a file that was asked for by its path.
    package var name: String
    package var kind: FileKind
    package var size: UInt64
    /// Permission bits.
    package var mode: UInt32
    /// Since 1970.
    package var modifiedNanoseconds: Int64
    /// Where a symbolic link points.
    package var target: String

    package init(
        name: String,
        kind: FileKind,
        size: UInt64,
        mode: UInt32,
        modifiedNanoseconds: Int64,
        target: String
    ) {
        self.name = name
        self.kind = kind
        self.size = size
        self.mode = mode
        self.modifiedNanoseconds = modifiedNanoseconds
        self.target = target
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        name = try decoder.readString()
        guard let kind = FileKind(rawValue: try decoder.read()) else { throw .invalidValue }
        self.kind = kind
        size = try decoder.read()
        mode = try decoder.read()
        modifiedNanoseconds = try decoder.read()
        target = try decoder.readString()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(name)
        encoder.write(kind.rawValue)
        encoder.write(size)
        encoder.write(mode)
        encoder.write(modifiedNanoseconds)
        encoder.write(target)
    }
}

/// A request about one path.
///
/// What the flag and the mode mean depends on the frame's type.
package struct PathMessage: FrameMessage, Equatable, Sendable {
    package var path: String
    /// `status`: follow a symbolic link.
    ///
    /// `openWrite`, `makeDirectory`: create parents. `remove`: recursive.
    package var flag: Bool
    /// `makeDirectory`: permission bits.
    package var mode: UInt32

    package init(path: String, flag: Bool = false, mode: UInt32 = 0o755) {
        self.path = path
        self.flag = flag
        self.mode = mode
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        path = try decoder.readString()
        flag = try decoder.readBool()
        mode = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(path)
        encoder.write(flag)
        encoder.write(mode)
    }
}

/// Opens a directory for reading in pages; answered by the first one.
package struct ListMessage: FrameMessage, Equatable, Sendable {
    package var path: String
    /// How many entries at most.
    package var limit: UInt32

    package init(path: String, limit: UInt32) {
        self.path = path
        self.limit = limit
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        path = try decoder.readString()
        limit = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(path)
        encoder.write(limit)
    }
}

/// Moves a file or directory, replacing a file at the destination.
package struct RenameMessage: FrameMessage, Equatable, Sendable {
    package var source: String
    package var destination: String

    package init(source: String, destination: String) {
        self.source = source
        self.destination = destination
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        source = try decoder.readString()
        destination = try decoder.readString()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(source)
        encoder.write(destination)
    }
}

/// Puts a written file in its place, if it has the size that the writer thinks it wrote.
package struct CommitMessage: FrameMessage, Equatable, Sendable {
    /// The stream of the `openWrite`.
    package var handle: UInt32
    package var size: UInt64
    /// Permission bits; nil keeps those of the file that is replaced.
    package var mode: UInt32?

    package init(handle: UInt32, size: UInt64, mode: UInt32?) {
        self.handle = handle
        self.size = size
        self.mode = mode
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        handle = try decoder.read()
        size = try decoder.read()
        mode = try decoder.readBool() ? try decoder.read() : nil
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(handle)
        encoder.write(size)
        encoder.write(mode != nil)
        if let mode {
            encoder.write(mode)
        }
    }
}

/// A request about something that an earlier request opened, on the stream of that request.
package struct HandleMessage: FrameMessage, Equatable, Sendable {
    package var handle: UInt32
    /// `listNext`: how many entries at most.
    package var limit: UInt32

    package init(handle: UInt32, limit: UInt32 = 0) {
        self.handle = handle
        self.limit = limit
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        handle = try decoder.read()
        limit = try decoder.read()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(handle)
        encoder.write(limit)
    }
}

/// Some entries of a directory, in no order.
package struct PageMessage: FrameMessage, Equatable, Sendable {
    package var entries: [FileStatusMessage]
    /// Nothing follows, and the listing is closed.
    package var isLast: Bool

    package init(entries: [FileStatusMessage], isLast: Bool) {
        self.entries = entries
        self.isLast = isLast
    }

    package init(from decoder: inout FieldDecoder) throws(ProtocolViolation) {
        entries = try decoder.readList()
        isLast = try decoder.readBool()
    }

    package func encode(into encoder: inout FieldEncoder) {
        encoder.write(entries)
        encoder.write(isLast)
    }
}
