import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// Checks an upload against the length and digest that its sender gave.
struct ContentDigest: Sendable {
    /// What was there.
    struct Measure: Sendable, Hashable {
        var length: Int
        /// SHA-256 in hexadecimal digits; nil when the sender gave no digest to compare with.
        ///
        /// The worker hashes what it writes in any case, and a client compares that.
        var sha256: String?
    }

    private let expectedLength: Int?
    private let expectedHash: [UInt8]?
    private var hash: SHA256?
    private var length = 0

    /// Takes `Content-Digest` (RFC 9530, `sha-256=:…:`) and the older `Digest` (RFC 3230, `sha-256=…`).
    init(_ headers: HTTPFields) throws(Fault) {
        expectedLength = headers[.contentLength].flatMap { Int($0) }
        let current = try Self.hash(in: headers[.contentDigest])
        expectedHash = if let current { current } else { try Self.hash(in: headers[.digest]) }
        hash = expectedHash == nil ? nil : SHA256()
    }

    /// The length that the request gives; nil when it does not say.
    var promisedLength: Int? { expectedLength }

    mutating func update(_ bytes: ByteBuffer) {
        length += bytes.readableBytes
        bytes.withUnsafeReadableBytes { hash?.update(bufferPointer: $0) }
    }

    func finish() throws(Fault) -> Measure {
        if let expectedLength, expectedLength != length {
            throw Fault(.invalidRequest, "The body ended after \(length) of \(expectedLength) bytes.")
        }
        let digest = hash.map { Array($0.finalize()) }
        guard expectedHash == digest else {
            throw Fault(.invalidRequest, "The body does not have the digest that the request gives.")
        }
        return Measure(length: length, sha256: digest.map(Self.hexadecimal))
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0\(digits)" : digits
        }
        .joined()
    }

    private static func hash(in header: String?) throws(Fault) -> [UInt8]? {
        for part in (header ?? "").split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, pair[0].contains(where: { $0 != " " }) else {
                throw Fault(
                    .invalidRequest,
                    "The digest in the request cannot be read.",
                    hint: "Send sha-256=:<base64>:"
                )
            }
            guard pair[0].filter({ $0 != " " }).lowercased() == "sha-256" else { continue }
            let value = pair[1].filter { $0 != " " && $0 != ":" }
            guard let bytes = Data(base64Encoded: String(value)), bytes.count == 32 else {
                throw Fault(.invalidRequest, "The digest in the request is not a SHA-256 in base64.")
            }
            return Array(bytes)
        }
        return nil
    }
}
