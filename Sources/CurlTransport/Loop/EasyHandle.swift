import CCurl
import CCurlShims
import NIOCore

/// One libcurl easy handle, with everything that must live as long as it.
///
/// Used on the loop's thread only.
final class EasyHandle {
    let transfer: Transfer
    let pointer: UnsafeMutableRawPointer
    private let errorBuffer: UnsafeMutablePointer<CChar>
    private var headerList: UnsafeMutablePointer<curl_slist>?

    init(_ transfer: Transfer) throws {
        guard let pointer = curl_easy_init() else {
            throw HTTPTransportError(code: .internal, message: "no easy handle", mayHaveBeenDelivered: false)
        }
        self.transfer = transfer
        self.pointer = pointer
        errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        do {
            try configure()
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

    private func configure() throws {
        let request = transfer.request
        let target = try RequestTarget(request.url)
        try setConnection(request, target)
        try setLimits(request)
        try setHeaders(request)
        try setBody(request)
        try setCallbacks()
    }

    private func setConnection(_ request: HTTPTransportRequest, _ target: RequestTarget) throws {
        try set(CURLOPT_ERRORBUFFER, pointer: errorBuffer)
        try set(CURLOPT_NOSIGNAL, 1)
        // A cancelled transfer does not wait for its resolver thread.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_PATH_AS_IS, 1)
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        if let file = transfer.configuration.authorityFile { try set(CURLOPT_CAINFO, file) }
        if let path = request.unixSocketPath { try set(CURLOPT_UNIX_SOCKET_PATH, path) }
        // An empty name switches the environment's proxies off: no proxy can reach this host's loopback or sockets.
        if request.unixSocketPath != nil || target.isLoopback { try set(CURLOPT_PROXY, "") }
    }

    private func setLimits(_ request: HTTPTransportRequest) throws {
        try set(CURLOPT_BUFFERSIZE, 64 << 10)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(1, request.connectTimeout.wholeMilliseconds))
        if let deadline = request.deadline { try set(CURLOPT_TIMEOUT_MS, max(1, deadline.wholeMilliseconds)) }
        if let idle = request.idleTimeout {
            try set(CURLOPT_LOW_SPEED_LIMIT, 1)
            try set(CURLOPT_LOW_SPEED_TIME, max(1, (idle.wholeMilliseconds + 999) / 1000))
        }
    }

    private func setHeaders(_ request: HTTPTransportRequest) throws {
        for field in request.headers.fields { try append(name: field.name, value: field.value) }
        // A name with nothing behind its colon removes what libcurl would add by itself.
        if request.headers["Expect"] == nil { try append(line: "Expect:") }
        if request.headers["Content-Type"] == nil { try append(line: "Content-Type:") }
        try check(curl_shim_set_list(pointer, CURLOPT_HTTPHEADER, headerList))
    }

    private func append(name: String, value: String) throws {
        let isToken = !name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
        let isValue = value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
        guard isToken, isValue else { throw invalid("a header field has bytes that HTTP does not allow") }
        try append(line: value.isEmpty ? "\(name);" : "\(name): \(value)")
    }

    private func append(line: String) throws {
        guard let longer = curl_slist_append(headerList, line) else { throw invalid("no memory for a header") }
        headerList = longer
    }

    private func setBody(_ request: HTTPTransportRequest) throws {
        let isToken = !request.method.isEmpty && request.method.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isToken else { throw invalid("the method is not a token") }
        switch request.body {
        case .none where ["POST", "PUT", "PATCH"].contains(request.method):
            // These announce their empty body with `Content-Length: 0`.
            try set(CURLOPT_POST, 1)
            try check(curl_shim_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, 0))
            try set(CURLOPT_COPYPOSTFIELDS, "")
        case .none where request.method == "HEAD": try set(CURLOPT_NOBODY, 1)
        case .none: try set(CURLOPT_HTTPGET, 1)
        case .bytes(let bytes):
            try set(CURLOPT_POST, 1)
            try check(curl_shim_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.readableBytes)))
            try bytes.withUnsafeReadableBytes {
                try set(CURLOPT_COPYPOSTFIELDS, pointer: UnsafeMutableRawPointer(mutating: $0.baseAddress))
            }
        case .streamed(let source):
            try set(CURLOPT_UPLOAD, 1)
            try check(curl_shim_set_offset(pointer, CURLOPT_INFILESIZE_LARGE, curl_off_t(source.length ?? -1)))
        }
        try set(CURLOPT_CUSTOMREQUEST, request.method)
    }

    private func setCallbacks() throws {
        // Not retained: the handle holds the transfer, and no callback runs after `close`.
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        try set(CURLOPT_WRITEDATA, pointer: context)
        try set(CURLOPT_HEADERDATA, pointer: context)
        try set(CURLOPT_READDATA, pointer: context)
        try set(CURLOPT_PREREQDATA, pointer: context)
        try check(curl_shim_set_data_callback(pointer, CURLOPT_WRITEFUNCTION, TransferCallbacks.body))
        try check(curl_shim_set_data_callback(pointer, CURLOPT_HEADERFUNCTION, TransferCallbacks.header))
        try check(curl_shim_set_data_callback(pointer, CURLOPT_READFUNCTION, TransferCallbacks.upload))
        try check(curl_shim_set_prereq_callback(pointer, TransferCallbacks.willIssue))
    }

    private func set(_ option: CURLoption, _ value: Int) throws {
        try check(curl_shim_set_long(pointer, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws {
        guard !value.utf8.contains(0) else { throw invalid("a value holds a NUL byte") }
        try check(curl_shim_set_string(pointer, option, value))
    }

    private func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer?) throws {
        try check(curl_shim_set_pointer(pointer, option, value))
    }

    private func check(_ code: CURLcode) throws {
        guard code == CURLE_OK else { throw invalid(String(cString: curl_easy_strerror(code))) }
    }

    private func invalid(_ message: String) -> HTTPTransportError {
        HTTPTransportError(code: .invalidRequest, message: message, mayHaveBeenDelivered: false)
    }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
