import CurlTransport
import FoundationEssentials
import NIOCore

/// One request of the API, before it has a base URL and a key.
struct APIRequest {
    let method: String
    let target: String
    var headers: HTTPTransportHeaders = [:]
    var body: HTTPTransportRequestBody = .none
    var hasDeadline = true
    /// Another limit for the whole request than the one of the configuration.
    var timeLimit: Duration?
    /// Ends an answer that brings no byte for this long.
    var silenceLimit: Duration?
    /// Whether sending it twice does no more than sending it once.
    var isRepeatable: Bool

    init(_ method: String, _ path: [String], query: [(name: String, value: String?)] = []) {
        self.method = method
        let path = path.map { "/" + PercentEncoding.encode($0) }.joined()
        let query = query.compactMap { name, value in value.map { "\(name)=\(PercentEncoding.encode($0))" } }
        target = path + (query.isEmpty ? "" : "?" + query.joined(separator: "&"))
        isRepeatable = method != "POST"
    }

    /// The same request with a JSON document.
    func json(_ value: some Encodable) throws -> APIRequest {
        var request = self
        request.headers["Content-Type"] = "application/json"
        request.body = .bytes(ByteBuffer(bytes: try APICoding.encoder().encode(value)))
        return request
    }
}

/// Percent encoding of path segments and query values.
enum PercentEncoding {
    private static let digits = Array("0123456789ABCDEF".utf8)

    static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: ":"):
                encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
