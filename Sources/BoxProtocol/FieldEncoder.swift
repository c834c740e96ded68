/// Writes the fields of a frame, one after the other, without tags.
///
/// A newer version only ever adds fields at the end, which an older decoder does not look at.
package struct FieldEncoder {
    package private(set) var bytes: [UInt8]

    package init(reserving capacity: Int = 64) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    package mutating func write(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func write(_ value: Bool) {
        bytes.append(value ? 1 : 0)
    }

    package mutating func write(_ value: String) {
        write(UInt32(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    package mutating func write(_ value: some Collection<UInt8>) {
        write(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func write(_ values: [String]) {
        write(UInt32(values.count))
        for value in values {
            write(value)
        }
    }

    package mutating func write<Value: FrameMessage>(_ values: [Value]) {
        write(UInt32(values.count))
        for value in values {
            var nested = FieldEncoder()
            value.encode(into: &nested)
            write(nested.bytes)
        }
    }

    /// Starts a frame; its length is filled in by ``finish(from:)``.
    package mutating func begin(_ type: FrameType, stream: UInt32) -> Int {
        let start = bytes.count
        write(UInt32(0))
        bytes.append(type.rawValue)
        write(stream)
        return start
    }

    ///
    /// `following` counts bytes of the payload that are sent right behind, from elsewhere.
    package mutating func finish(from start: Int, following: Int = 0) {
        let length = UInt32(bytes.count - start - Frame.headerSize + following)
        withUnsafeBytes(of: length.littleEndian) { field in
            for (index, byte) in field.enumerated() {
                bytes[start + index] = byte
            }
        }
    }
}

extension FieldEncoder {
    /// One whole frame.
    package static func frame(
        _ type: FrameType,
        stream: UInt32,
        _ message: some FrameMessage = EmptyMessage()
    ) -> [UInt8] {
        var encoder = FieldEncoder()
        let start = encoder.begin(type, stream: stream)
        message.encode(into: &encoder)
        encoder.finish(from: start)
        return encoder.bytes
    }
}
