import CCurl

/// The host of a URL, as libcurl's own parser sees it.
struct RequestTarget {
    private let host: String

    init(_ url: String) throws {
        guard let parser = curl_url() else { throw Self.invalid("no URL parser") }
        defer { curl_url_cleanup(parser) }
        guard curl_url_set(parser, CURLUPART_URL, url, 0) == CURLUE_OK else { throw Self.invalid("not a URL") }
        var part: UnsafeMutablePointer<CChar>?
        guard curl_url_get(parser, CURLUPART_HOST, &part, 0) == CURLUE_OK, let part else {
            throw Self.invalid("the URL has no host")
        }
        defer { curl_free(part) }
        host = String(cString: part)
    }

    var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" || host.hasPrefix("127.")
    }

    private static func invalid(_ message: String) -> HTTPTransportError {
        HTTPTransportError(code: .invalidRequest, message: message, mayHaveBeenDelivered: false)
    }
}
