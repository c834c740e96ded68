import CCurl

/// The parts of a URL, as libcurl's own parser sees them.
struct RequestTarget {
    let scheme: String
    let host: String
    private let port: String?
    /// Path and query, for the request line.
    let resource: String

    init(_ url: String) throws {
        guard let parser = curl_url() else { throw Self.invalid("no URL parser") }
        defer { curl_url_cleanup(parser) }
        guard curl_url_set(parser, CURLUPART_URL, url, UInt32(CURLU_PATH_AS_IS)) == CURLUE_OK else {
            throw Self.invalid("not a URL")
        }
        func part(_ which: CURLUPart) -> String? {
            var text: UnsafeMutablePointer<CChar>?
            guard curl_url_get(parser, which, &text, 0) == CURLUE_OK, let text else { return nil }
            defer { curl_free(text) }
            return String(cString: text)
        }
        guard let host = part(CURLUPART_HOST) else { throw Self.invalid("the URL has no host") }
        self.host = host
        scheme = part(CURLUPART_SCHEME)?.lowercased() ?? "http"
        port = part(CURLUPART_PORT)
        let path = part(CURLUPART_PATH) ?? "/"
        resource = part(CURLUPART_QUERY).map { "\(path)?\($0)" } ?? path
    }

    /// For the `Host` header.
    var authority: String { port.map { "\(host):\($0)" } ?? host }

    var isSecure: Bool { scheme == "https" }

    var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" || host.hasPrefix("127.")
    }

    private static func invalid(_ message: String) -> HTTPTransportError {
        HTTPTransportError(code: .invalidRequest, message: message, mayHaveBeenDelivered: false)
    }
}
