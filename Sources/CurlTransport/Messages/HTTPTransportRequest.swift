/// One HTTP request and the limits under which it runs.
package struct HTTPTransportRequest: Sendable {
    package var method: String
    /// An absolute `http` or `https` URL.
    package var url: String
    package var headers: HTTPTransportHeaders
    package var body: HTTPTransportRequestBody
    /// Connects to this socket instead of the URL's host; the host stays in the `Host` header.
    package var unixSocketPath: String?
    package var connectTimeout: Duration
    /// Limit from start to the head of the response; nil is no limit.
    package var answerTimeout: Duration?
    /// Limit from start to the last byte of the response; nil is no limit.
    package var deadline: Duration?
    /// Ends a transfer that moved no byte for this long; rounded up to seconds, nil is no limit.
    package var idleTimeout: Duration?
    /// Whether libcurl may send the request again when a reused connection turns out dead after it was written.
    ///
    /// Nil decides by method: the idempotent ones of RFC 9110, section 9.2.2.
    package var replayable: Bool?

    package init(
        method: String = "GET",
        url: String,
        headers: HTTPTransportHeaders = [:],
        body: HTTPTransportRequestBody = .none,
        unixSocketPath: String? = nil,
        connectTimeout: Duration = .seconds(10),
        answerTimeout: Duration? = nil,
        deadline: Duration? = nil,
        idleTimeout: Duration? = nil,
        replayable: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.unixSocketPath = unixSocketPath
        self.connectTimeout = connectTimeout
        self.answerTimeout = answerTimeout
        self.deadline = deadline
        self.idleTimeout = idleTimeout
        self.replayable = replayable
    }

    var mayReplay: Bool {
        if case .streamed = body { return false }
        return replayable ?? ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].contains(method)
    }
}

extension HTTPTransportRequest: CustomStringConvertible, CustomReflectable {
    /// Without headers, body, query, and user and password of the URL, which may hold secrets.
    package var description: String {
        let shown = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = shown.firstRange(of: "://") else { return "\(method) \(shown)" }
        let authority = shown[scheme.upperBound...].prefix { $0 != "/" }
        guard let sign = authority.lastIndex(of: "@") else { return "\(method) \(shown)" }
        return "\(method) \(shown[..<scheme.upperBound])\(shown[shown.index(after: sign)...])"
    }

    package var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}
