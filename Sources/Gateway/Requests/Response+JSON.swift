import HTTPTypes
import Hummingbird

extension Response {
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: value.encoded)
        )
    }

    /// One page of a list.
    static func page(_ items: [JSONValue], next: String?) -> Response {
        .json(["items": .array(items), "nextCursor": .orNull(next)])
    }

    static let noContent = Response(status: .noContent)
}
