import HTTPTypes
package import Hummingbird
package import Model

/// An error answer by RFC 9457.
package struct ProblemDocument: Sendable {
    static let mediaType = "application/problem+json"

    package var fault: Fault
    package var requestID: String

    package init(_ fault: Fault, requestID: String) {
        self.fault = fault
        self.requestID = requestID
    }

    package var json: JSONValue {
        let status = fault.code.httpStatus
        var members: [JSONValue.Member] = [
            .init("type", .string("urn:sandfleet:problem:\(fault.code.rawValue)")),
            .init("title", .string(fault.code.title)),
            .init("status", .integer(Int64(status.code))),
            .init("detail", .string(fault.message)),
            .init("code", .string(fault.code.rawValue)),
            .init("requestId", .string(requestID)),
        ]
        if let hint = fault.hint { members.append(.init("hint", .string(hint))) }
        if let seconds = fault.retryAfter { members.append(.init("retryAfter", .integer(Int64(seconds)))) }
        // Known names stand beside the others where they can, and together with all of them in `details`.
        let taken = Set(members.map(\.name)).union(["details"])
        for (name, value) in fault.details.sorted(by: { $0.key < $1.key }) where !taken.contains(name) {
            members.append(.init(name, .string(value)))
        }
        if !fault.details.isEmpty { members.append(.init("details", .map(fault.details))) }
        return .object(members)
    }

    package var response: Response {
        var headers: HTTPFields = [.contentType: Self.mediaType]
        if let seconds = fault.retryAfter { headers[.retryAfter] = String(seconds) }
        if fault.code == .unauthenticated { headers[.wwwAuthenticate] = "Bearer" }
        if fault.code == .methodNotAllowed { headers[.allow] = fault.details["allow"] }
        return Response(
            status: fault.code.httpStatus,
            headers: headers,
            body: ResponseBody(byteBuffer: json.encoded)
        )
    }
}
