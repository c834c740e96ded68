package import CurlTransport
package import NIOCore

/// A body of `multipart/form-data` (RFC 7578).
package struct MultipartForm: Sendable {
    package struct Part: Sendable {
        package enum Content: Sendable {
            case bytes(ByteBuffer)
            case stream(HTTPTransportUpload)

            fileprivate var length: Int? {
                switch self {
                case .bytes(let bytes): bytes.readableBytes
                case .stream(let upload): upload.length
                }
            }
        }

        package var name: String
        package var filename: String?
        package var type: String?
        package var content: Content

        package init(_ name: String, filename: String? = nil, type: String? = nil, _ content: Content) {
            self.name = name
            self.filename = filename
            self.type = type
            self.content = content
        }

        package init(_ name: String, _ text: String) {
            self.init(name, .bytes(ByteBuffer(string: text)))
        }
    }

    package var parts: [Part]
    private let boundary: String

    /// - Parameter boundary: Nil makes one that no content holds by chance.
    package init(_ parts: [Part], boundary: String? = nil) {
        self.parts = parts
        self.boundary =
            boundary ?? "sandfleet-" + (0..<4).map { _ in String(UInt32.random(in: .min ... .max), radix: 36) }.joined()
    }

    package var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    /// Bytes where all parts are; else a stream, whose length is known when those of all parts are.
    package var body: HTTPTransportRequestBody {
        let pieces = pieces
        let lengths = pieces.map(\.length)
        let length = lengths.contains(nil) ? nil : lengths.reduce(0) { $0 + ($1 ?? 0) }
        let whole = pieces.reduce(ByteBuffer?(ByteBuffer())) { whole, piece in
            guard var whole, case .bytes(let bytes) = piece else { return nil }
            whole.writeImmutableBuffer(bytes)
            return whole
        }
        if let whole { return .bytes(whole) }
        return .streamed(
            HTTPTransportUpload(length: length) { write in
                for piece in pieces {
                    switch piece {
                    case .bytes(let bytes): try await write(bytes)
                    case .stream(let upload): try await upload.produce(write)
                    }
                }
            }
        )
    }

    private var pieces: [Part.Content] {
        var pieces: [Part.Content] = []
        for part in parts {
            var head = "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(part.name))\""
            if let filename = part.filename { head += "; filename=\"\(Self.quoted(filename))\"" }
            if let type = part.type { head += "\r\nContent-Type: \(type)" }
            pieces += [.bytes(ByteBuffer(string: head + "\r\n\r\n")), part.content, .bytes(ByteBuffer(string: "\r\n"))]
        }
        return pieces + [.bytes(ByteBuffer(string: "--\(boundary)--\r\n"))]
    }

    /// As browsers write it.
    private static func quoted(_ text: String) -> String {
        // By scalars: a CR LF is one character.
        var quoted = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted.append(contentsOf: "%22".unicodeScalars)
            case "\r": quoted.append(contentsOf: "%0D".unicodeScalars)
            case "\n": quoted.append(contentsOf: "%0A".unicodeScalars)
            default: quoted.append(scalar)
            }
        }
        return String(quoted)
    }
}
