package import NIOCore

extension HTTPTransport {
    /// Asks for another protocol on a connection of its own, and returns the bytes that follow the answer.
    ///
    /// The request says which protocol by its `Upgrade` header; `Connection: Upgrade` is added. The scheme may be `ws` or
    /// `wss` as well. Its body, if any, is bytes. `answerTimeout` and `deadline` both bound the time until the answer, 30
    /// s where neither is set; `idleTimeout` has no meaning here.
    ///
    /// - Parameter statuses: What counts as success; others are refusals.
    /// - Throws: `HTTPUpgradeRefusal`, or `HTTPTransportError`.
    package func upgrade(
        _ request: HTTPTransportRequest,
        accepting statuses: Set<Int> = [101]
    ) async throws -> HTTPTransportUpgrade {
        let upgrade = Upgrade(request: request, statuses: statuses, configuration: configuration, loop: loop)
        let head = try await upgrade.begin()
        return HTTPTransportUpgrade(status: head.status, headers: head.headers, stream: UpgradedStream(upgrade))
    }
}

/// A connection that has changed its protocol.
package struct HTTPTransportUpgrade: Sendable {
    package let status: Int
    package let headers: HTTPTransportHeaders
    package let stream: UpgradedStream
}

/// The server answered, and did not upgrade.
package struct HTTPUpgradeRefusal: Error, Sendable, CustomStringConvertible {
    /// How much of a body is kept.
    package static let bodyLimit = 64 << 10

    package let status: Int
    package let headers: HTTPTransportHeaders
    package let body: ByteBuffer

    package init(status: Int, headers: HTTPTransportHeaders, body: ByteBuffer) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package var description: String { "the upgrade was refused with status \(status)" }
}
