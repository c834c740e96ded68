package import Logging

/// HTTP over libcurl: one thread drives every transfer, connections are pooled and reused.
///
/// TLS is verified, HTTP/2 is used where TLS offers it, redirects are not followed, and proxies come from the
/// environment except for loopback hosts. The thread ends when the transport and the last response are gone.
package final class HTTPTransport: Sendable {
    package struct Configuration: Sendable {
        /// A PEM file with the certificate authorities to trust; nil trusts the system's.
        package var authorityFile: String?
        /// How many idle connections are kept for reuse.
        package var idleConnections: Int
        /// Bytes of one response, or of one upload, held between the connection and the reader or source.
        package var bufferLimit: Int

        package init(authorityFile: String? = nil, idleConnections: Int = 64, bufferLimit: Int = 256 << 10) {
            self.authorityFile = authorityFile
            self.idleConnections = idleConnections
            self.bufferLimit = bufferLimit
        }
    }

    private let configuration: Configuration
    private let loop: TransferLoop

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
