import Testing

@testable import BoxProtocol

@Suite struct FrameDecoderTests {
    private struct Seen: Equatable {
        var header: FrameHeader
        var payload: [UInt8]
    }

    private static func sample() -> (bytes: [UInt8], frames: [Seen]) {
        var bytes: [UInt8] = []
        var frames: [Seen] = []
        let messages: [(FrameType, [UInt8])] = [
            (.ping, []), (.input, FieldEncoder.payload(HandleMessage(handle: 1, limit: 3))),
            (.output, [UInt8](repeating: 7, count: 70_000)), (.done, []),
        ]
        for (index, (type, payload)) in messages.enumerated() {
            var encoder = FieldEncoder()
            let start = encoder.begin(type, stream: UInt32(index))
            encoder.finish(from: start, following: payload.count)
            bytes += encoder.bytes + payload
            frames.append(Seen(header: FrameHeader(type: type, stream: UInt32(index)), payload: payload))
        }
        return (bytes, frames)
    }

    private func feed(_ decoder: inout FrameDecoder, _ bytes: ArraySlice<UInt8>, into seen: inout [Seen]) throws {
        try bytes.withUnsafeBytes { bytes in
            try decoder.decode(bytes) { header, payload in
                seen.append(Seen(header: header, payload: [UInt8](payload)))
            }
        }
    }

    @Test(arguments: [1, 2, 8, 9, 10, 1000, 65_536, 1 << 20])
    func framesSurviveEveryCut(size: Int) throws {
        let (bytes, frames) = Self.sample()
        var decoder = FrameDecoder()
        var seen: [Seen] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            try feed(&decoder, bytes[start..<min(start + size, bytes.count)], into: &seen)
        }
        #expect(seen == frames)
        #expect(decoder.bufferedBytes == 0)
    }

    @Test func anUnfinishedFrameIsNotHandedOn() throws {
        let (bytes, frames) = Self.sample()
        var decoder = FrameDecoder()
        var seen: [Seen] = []
        try feed(&decoder, bytes.dropLast(10), into: &seen)
        #expect(seen == Array(frames.dropLast(2)))
        try feed(&decoder, bytes.suffix(10), into: &seen)
        #expect(seen == frames)
    }

    @Test func anOversizedFrameIsRefusedBeforeItsPayloadArrives() {
        let header: [UInt8] = [1, 0, 16, 0, FrameType.input.rawValue, 0, 0, 0, 0]
        for cut in [4, 8, 9] {
            var decoder = FrameDecoder()
            var seen: [Seen] = []
            #expect(throws: ProtocolViolation.oversizedFrame) {
                try feed(&decoder, header[..<cut], into: &seen)
                try feed(&decoder, header[cut...], into: &seen)
            }
        }
    }

    @Test func anUnknownTypeIsRefused() {
        var decoder = FrameDecoder()
        var seen: [Seen] = []
        #expect(throws: ProtocolViolation.unknownType(99)) {
            try feed(&decoder, [0, 0, 0, 0, 99, 0, 0, 0, 0], into: &seen)
        }
    }

    @Test func randomBytesNeverHoldMoreThanAFrame() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var decoder = FrameDecoder()
            var seen: [Seen] = []
            do {
                for _ in 0..<8 {
                    let bytes = (0..<Int.random(in: 1...64)).map { _ in UInt8.random(in: 0...255, using: &random) }
                    try feed(&decoder, bytes[...], into: &seen)
                }
            } catch {
                #expect(error is ProtocolViolation)
            }
            #expect(decoder.bufferedBytes <= Frame.headerSize + Frame.maximumPayload)
        }
    }
}

extension FieldEncoder {
    static func payload(_ message: some FrameMessage) -> [UInt8] {
        var encoder = FieldEncoder()
        message.encode(into: &encoder)
        return encoder.bytes
    }
}
