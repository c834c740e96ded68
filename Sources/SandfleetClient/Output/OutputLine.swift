import FoundationEssentials
import NIOCore

/// One line of a stream of output.
enum OutputLine: Decodable {
    case chunk(OutputChunk)
    /// The gateway lives, and so may the process.
    case heartbeat
    /// The gateway cannot go on; no part of the process's output.
    case failure(SandfleetError)

    private enum CodingKeys: String, CodingKey {
        case at
        case seq
        case type
        case sandboxId
        case processId
        case data
    }

    private enum PayloadKeys: String, CodingKey {
        case text
        case base64
        case offset
    }

    init(_ line: ByteBufferView) throws {
        do {
            self = try APICoding.decoder().decode(Self.self, from: Data(line))
        } catch {
            throw SandfleetError(.invalidResponse, "a line of the process's output is not a chunk")
        }
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let type = try values.decode(OutputChunk.Kind.self, forKey: .type)
        guard let sequence = try values.decodeIfPresent(Int.self, forKey: .seq) else {
            let data = try values.decodeIfPresent([String: JSONValue].self, forKey: .data) ?? [:]
            self = type == .error ? .failure(SandfleetError(output: data)) : .heartbeat
            return
        }
        var bytes: ByteBuffer?
        var offset: Int?
        var data: [String: JSONValue] = [:]
        if type == .stdout || type == .stderr {
            let payload = try values.nestedContainer(keyedBy: PayloadKeys.self, forKey: .data)
            offset = try payload.decodeIfPresent(Int.self, forKey: .offset)
            bytes = try Self.bytes(payload)
        } else {
            data = try values.decodeIfPresent([String: JSONValue].self, forKey: .data) ?? [:]
        }
        let chunk = OutputChunk(
            sequence: sequence,
            at: try values.decodeIfPresent(Date.self, forKey: .at),
            type: type,
            sandboxId: try values.decodeIfPresent(String.self, forKey: .sandboxId),
            processId: try values.decodeIfPresent(String.self, forKey: .processId),
            bytes: bytes,
            offset: offset,
            data: data
        )
        // Not the end of the process's output, but of what is left of it.
        let isTruncated = type == .error && data["code"]?.text == SandfleetError.Code.outputTruncated.rawValue
        self = isTruncated ? .failure(SandfleetError(output: data)) : .chunk(chunk)
    }

    private static func bytes(_ payload: KeyedDecodingContainer<PayloadKeys>) throws -> ByteBuffer {
        if let text = try payload.decodeIfPresent(String.self, forKey: .text) { return ByteBuffer(string: text) }
        guard let bytes = Data(base64Encoded: try payload.decode(String.self, forKey: .base64)) else {
            throw DecodingError.dataCorruptedError(forKey: .base64, in: payload, debugDescription: "not base64")
        }
        return ByteBuffer(bytes: bytes)
    }
}

extension SandfleetError {
    /// What a line of output says went wrong.
    fileprivate init(output data: [String: JSONValue]) {
        self.init(
            Code(rawValue: data["code"]?.text ?? "internal"),
            data["message"]?.text ?? data["detail"]?.text ?? "the process's output cannot be read further",
            hint: data["hint"]?.text,
            details: data
        )
    }
}
