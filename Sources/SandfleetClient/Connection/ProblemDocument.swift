import CurlTransport
import FoundationEssentials
import NIOCore

/// RFC 9457 problem details, with the members that the fleet adds.
struct ProblemDocument: Decodable {
    private static let limit = 1 << 20
    private static let named: Set<String> = [
        "type", "title", "status", "detail", "instance", "code", "hint", "requestId", "retryAfter", "details",
    ]

    private let members: [String: JSONValue]

    init(from decoder: any Decoder) throws {
        members = try decoder.singleValueContainer().decode([String: JSONValue].self)
    }

    /// Every member that has no meaning of its own, be it beside the others or under `details`.
    private var details: [String: JSONValue] {
        var details = members.filter { !Self.named.contains($0.key) }
        if case .object(let nested) = members["details"] { details.merge(nested) { $1 } }
        return details
    }

    /// The error of a response that is none of 2xx, whatever its body is.
    static func error(of response: HTTPTransportResponse) async throws -> SandfleetError {
        let body = try? await response.collect(upTo: limit)
        try Task.checkCancellation()
        let problem = body.flatMap { try? JSONDecoder().decode(Self.self, from: Data($0.readableBytesView)) }
        guard let problem, let code = problem.members["code"]?.text else {
            return SandfleetError(
                .invalidResponse,
                "the answer has status \(response.status) and is not the fleet's",
                hint: "check that the URL is a fleet's and that no proxy answers for it",
                status: response.status
            )
        }
        let members = problem.members
        return SandfleetError(
            SandfleetError.Code(rawValue: code),
            members["detail"]?.text ?? members["title"]?.text ?? "the fleet refused with status \(response.status)",
            hint: members["hint"]?.text,
            status: response.status,
            requestID: members["requestId"]?.text ?? response.headers["X-Request-Id"],
            retryAfter: members["retryAfter"]?.wholeNumber ?? response.headers["Retry-After"].flatMap(Int.init),
            details: problem.details
        )
    }
}
