import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// Reads the JSON bodies of requests.
struct JSONBody: Sendable {
    /// The most bytes of a body.
    var limit: Int

    /// - Throws: `bodyTooLarge` before reading, when the request says its length.
    func read(_ request: Request, _ context: GatewayContext) async throws -> JSONValue {
        guard let value = try await readIfAny(request, context) else {
            throw Fault(.malformedJSON, "The body is empty; a JSON object was expected (line 1, column 1).")
        }
        return value
    }

    /// Nil when the body is empty.
    func readIfAny(_ request: Request, _ context: GatewayContext) async throws -> JSONValue? {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }) {
            if length == 0 { return nil }
            if length > limit { throw tooLarge }
        }
        try checkMediaType(request)
        Continuation.allow(request, on: context.channel)
        do {
            let buffer = try await request.body.collect(upTo: limit)
            return buffer.readableBytes == 0 ? nil : try JSONParser.parse(Array(buffer: buffer))
        } catch is NIOTooManyBytesError {
            throw tooLarge
        }
    }

    private func checkMediaType(_ request: Request) throws(Fault) {
        if let encoding = request.headers[.contentEncoding], encoding.lowercased() != "identity" {
            throw Fault(
                .unsupportedMediaType,
                "The body may not be compressed.",
                hint: "Send it without Content-Encoding."
            )
        }
        guard let header = request.headers[.contentType] else { return }
        let parts = header.lowercased().split(separator: ";", omittingEmptySubsequences: false)
            .map { $0.filter { $0 != " " && $0 != "\t" && $0 != "\"" } }
        let type = parts.first ?? ""
        if let charset = parts.first(where: { $0.hasPrefix("charset=") })?.dropFirst(8), charset != "utf-8",
            charset != "utf8"
        {
            throw Fault(.unsupportedMediaType, "The body has to be UTF-8.", hint: "JSON has no other encoding.")
        }
        guard type == "application/json" || (type.hasPrefix("application/") && type.hasSuffix("+json")) else {
            throw Fault(
                .unsupportedMediaType,
                "The body has to be application/json.",
                hint: "Set the header Content-Type: application/json."
            )
        }
    }

    private var tooLarge: Fault {
        Fault(.bodyTooLarge, "A JSON body may have at most \(limit) bytes.", details: ["limitBytes": "\(limit)"])
    }
}
