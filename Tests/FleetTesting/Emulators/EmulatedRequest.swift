/// A request that an emulator has got, without what was secret in it.
package struct EmulatedRequest: Sendable, Decodable {
    /// Counts all requests.
    package let number: Int
    package let method: String
    /// Without the query.
    package let path: String
    package let query: [String: [String]]
    package let headers: [String: String]
    /// Nil while there is no answer, or when there was never one.
    package let status: Int?
    /// The kind of the fault that it met.
    package let fault: String?

    /// Method and path, with a star for each id of something: `GET /v1/sprites/*/exec`.
    package var shape: String {
        let segments = path.split(separator: "/")
            .map { segment in
                let isID = segment.utf8.count >= 16 && segment.contains(where: \.isNumber)
                return isID ? "*" : String(segment)
            }
        return "\(method) /\(segments.joined(separator: "/"))"
    }
}
