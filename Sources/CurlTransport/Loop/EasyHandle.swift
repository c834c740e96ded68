import CCurl
import CCurlShims
import Glibc

/// One libcurl easy handle, with everything that must live as long as it.
///
/// Used on the loop's thread only.
final class EasyHandle {
    let pointer: UnsafeMutableRawPointer
    private let errorBuffer: UnsafeMutablePointer<CChar>
    private var headerList: UnsafeMutablePointer<curl_slist>?

    /// - Parameter configure: Sets what this handle is for; what it throws closes the handle.
    init(_ configure: (EasyHandle) throws -> Void) throws {
        guard let pointer = curl_easy_init() else {
            throw HTTPTransportError(code: .internal, message: "no easy handle", mayHaveBeenDelivered: false)
        }
        self.pointer = pointer
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        do {
            try set(CURLOPT_ERRORBUFFER, pointer: errorBuffer)
            try configure(self)
        } catch {
            close()
            throw error
        }
    }

    deinit {
        errorBuffer.deallocate()
    }

    var errorText: String { String(cString: errorBuffer) }

    /// Frees what libcurl holds, after the handle has left its multi handle.
    func close() {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headerList)
        headerList = nil
    }

    /// Seconds; ten years.
    private static let longestLife = 315_360_000

    func setConnection(
        _ request: HTTPTransportRequest,
        _ target: RequestTarget,
        _ configuration: HTTPTransport.Configuration
    ) throws {
        try set(CURLOPT_NOSIGNAL, 1)
        // A cancelled transfer does not wait for its resolver thread.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        // An upgraded connection counts as idle to libcurl, and any new transfer closes idle ones that are older than this.
        try set(CURLOPT_MAXAGE_CONN, Self.longestLife)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(1, request.connectTimeout.wholeMilliseconds))
        if let file = configuration.authorityFile { try set(CURLOPT_CAINFO, file) }
        if let certificate = configuration.clientCertificate {
            try set(CURLOPT_SSLCERT, certificate.file)
            try set(CURLOPT_SSLKEY, certificate.keyFile)
        }
        if let path = request.unixSocketPath { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
        try setProxy(request, target, configuration.proxy)
    }

    private func setProxy(
        _ request: HTTPTransportRequest,
        _ target: RequestTarget,
        _ proxy: HTTPTransport.Proxy
    ) throws {
        // An empty name switches the environment's proxies off: no proxy can reach this host's loopback or sockets.
        guard request.unixSocketPath == nil, !target.isLoopback else { return try set(CURLOPT_PROXY, "") }
        switch proxy {
        case .none: try set(CURLOPT_PROXY, "")
        case .url(let url): try set(CURLOPT_PROXY, url)
        case .environment:
            // libcurl reads every variable but this one, which a CGI program gets from the `Proxy` header of its caller.
            guard !target.isSecure, getenv("http_proxy") == nil, getenv("REQUEST_METHOD") == nil,
                let url = getenv("HTTP_PROXY").map({ String(cString: $0) }), !url.isEmpty
            else { return }
            try set(CURLOPT_PROXY, url)
        }
    }

    func append(header line: String) throws {
        guard let longer = curl_slist_append(headerList, line) else { throw invalid("no memory for a header") }
        headerList = longer
    }

    func setHeaders() throws {
        try check(curl_shim_set_list(pointer, CURLOPT_HTTPHEADER, headerList))
    }

    func set(_ option: CURLoption, _ value: Int) throws {
        try check(curl_shim_set_long(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: String) throws {
        guard !value.utf8.contains(0) else { throw invalid("a value holds a NUL byte") }
        try check(curl_shim_set_string(pointer, option, value))
    }

    func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer?) throws {
        try check(curl_shim_set_pointer(pointer, option, value))
    }

    func check(_ code: CURLcode) throws {
        guard code == CURLE_OK else { throw invalid(String(cString: curl_easy_strerror(code))) }
    }

    func invalid(_ message: String) -> HTTPTransportError {
        HTTPTransportError(code: .invalidRequest, message: message, mayHaveBeenDelivered: false)
    }
}

extension Duration {
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
