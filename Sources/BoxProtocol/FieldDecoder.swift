/// Reads the fields of a frame in the order in which they were written.
///
/// Every length is checked against what is there, so hostile bytes lead to an error and never to a large allocation.
/// The bytes are borrowed: a decoder is used only while its frame is being handled.
package struct FieldDecoder {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Fields that an older peer does not send are asked for only when something is left.
    package var isAtEnd: Bool { position == bytes.count }

    private mutating func take(_ count: Int) throws(ProtocolViolation) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= bytes.count - position else { throw .truncatedField }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    package mutating func read<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(ProtocolViolation) -> Value
    {
        Value(littleEndian: try take(MemoryLayout<Value>.size).loadUnaligned(as: Value.self))
    }

    package mutating func readBool() throws(ProtocolViolation) -> Bool {
        try read(UInt8.self) != 0
    }

    /// Borrowed bytes, valid as long as the frame.
    package mutating func readBorrowed() throws(ProtocolViolation) -> UnsafeRawBufferPointer {
        try take(Int(try read(UInt32.self)))
    }

    package mutating func readBytes() throws(ProtocolViolation) -> [UInt8] {
        [UInt8](try readBorrowed())
    }

    package mutating func readString() throws(ProtocolViolation) -> String {
        String(decoding: try readBorrowed(), as: UTF8.self)
    }

    package mutating func readStrings() throws(ProtocolViolation) -> [String] {
        var values: [String] = []
        for _ in 0..<(try readCount(minimumSize: 4)) {
            values.append(try readString())
        }
        return values
    }

    package mutating func readList<Value: FrameMessage>(of _: Value.Type = Value.self) throws(ProtocolViolation)
        -> [Value]
    {
        var values: [Value] = []
        for _ in 0..<(try readCount(minimumSize: 4)) {
            var nested = FieldDecoder(try readBorrowed())
            values.append(try Value(from: &nested))
        }
        return values
    }

    /// A number of elements that the rest of the frame can hold.
    private mutating func readCount(minimumSize: Int) throws(ProtocolViolation) -> Int {
        let count = Int(try read(UInt32.self))
        guard count <= (bytes.count - position) / minimumSize else { throw .truncatedField }
        return count
    }
}
