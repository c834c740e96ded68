package import Logging

/// HTTP over libcurl: one thread drives every transfer, connections are pooled and reused.
///
/// TLS is verified, HTTP/2 is used where TLS offers it, redirects are not followed, and proxies come from the
/// environment except for loopback hosts. The thread ends when the transport and the last response are gone.
package final class HTTPTransport: Sendable {
    let configuration: Configuration
    let loop: TransferLoop

    package init(
        _ configuration: Configuration = Configuration(),
        logger: Logger = Logger(label: "curl-transport")
    ) throws {
        self.configuration = configuration
        loop = try TransferLoop.start(idleConnections: configuration.idleConnections, logger: logger)
    }

    deinit {
        loop.retire()
    }

    /// Sends a request and returns when the response's head has arrived.
    ///
    /// Cancelling the task ends the transfer.
    /// - Throws: `HTTPTransportError`. A status of 400 and above is a response, not an error.
    package func send(_ request: HTTPTransportRequest) async throws -> HTTPTransportResponse {
        let transfer = Transfer(request: request, configuration: configuration, loop: loop)
        let head = try await transfer.begin()
        return HTTPTransportResponse(
            status: head.status,
            headers: head.headers,
            body: HTTPTransportResponseBody(transfer)
        )
    }

    /// Fails every open transfer with `shutdown` and returns when the thread has closed its connections.
    package func shutdown() async {
        await loop.shutdown()
    }
}
