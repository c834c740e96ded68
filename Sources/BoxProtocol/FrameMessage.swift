/// The payload of one kind of frame.
package protocol FrameMessage {
    init(from decoder: inout FieldDecoder) throws(ProtocolViolation)
    func encode(into encoder: inout FieldEncoder)
}

extension FrameMessage {
    package init(payload: UnsafeRawBufferPointer) throws(ProtocolViolation) {
        var decoder = FieldDecoder(payload)
        try self.init(from: &decoder)
    }
}

/// A frame whose type says everything.
package struct EmptyMessage: FrameMessage {
    package init() {}
    package init(from decoder: inout FieldDecoder) {}
    package func encode(into encoder: inout FieldEncoder) {}
}
