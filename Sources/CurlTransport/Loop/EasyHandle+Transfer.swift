import CCurl
import CCurlShims
import NIOCore

extension EasyHandle {
    /// A handle that carries out a whole request.
    convenience init(_ transfer: Transfer) throws {
        let request = transfer.request
        let target = try RequestTarget(request.url)
        try self.init { handle in
            try handle.setConnection(request, target, transfer.configuration)
            try handle.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
            try handle.setLimits(request)
            try handle.setHeaders(request)
            try handle.setBody(request)
            try handle.setCallbacks(transfer)
        }
    }

    private func setLimits(_ request: HTTPTransportRequest) throws {
        try set(CURLOPT_BUFFERSIZE, 64 << 10)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
        if let deadline = request.deadline { try set(CURLOPT_TIMEOUT_MS, max(1, deadline.wholeMilliseconds)) }
        if let idle = request.idleTimeout {
            try set(CURLOPT_LOW_SPEED_LIMIT, 1)
            try set(CURLOPT_LOW_SPEED_TIME, max(1, (idle.wholeMilliseconds + 999) / 1000))
        }
    }

    private func setHeaders(_ request: HTTPTransportRequest) throws {
        try request.checkHead()
        for field in request.headers.fields {
            try append(header: field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // A name with nothing behind its colon removes what libcurl would add by itself.
        if request.headers["Expect"] == nil { try append(header: "Expect:") }
        if request.headers["Content-Type"] == nil { try append(header: "Content-Type:") }
        try setHeaders()
    }

    private func setBody(_ request: HTTPTransportRequest) throws {
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

    private func setCallbacks(_ transfer: Transfer) throws {
        // Not retained: whoever holds the handle holds the transfer, and no callback runs after `close`.
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
}
