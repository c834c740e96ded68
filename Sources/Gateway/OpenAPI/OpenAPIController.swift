import Hummingbird
package import NIOCore

/// `/openapi.json`: the contract, compiled in.
package struct OpenAPIController: Sendable {
    /// The document as it is served.
    package static let document = ByteBuffer(bytes: PackageResources.openapi_json)

    var routes: [Route] {
        [
            Route(.get, "/openapi.json", .everybody) { _, _ in
                Response(
                    status: .ok,
                    headers: [.contentType: "application/json"],
                    body: ResponseBody(byteBuffer: Self.document)
                )
            }
        ]
    }
}
