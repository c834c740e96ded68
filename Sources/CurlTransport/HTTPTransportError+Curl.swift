import CCurl
import CCurlShims

extension HTTPTransportError {
    /// libcurl's own detail is used for the failures of connecting only: other messages may quote what the peer sent.
    init(_ result: CURLcode, detail: String, issued: Bool) {
        let code = Code(result)
        // The one callback that aborts is the one that refuses to send a request a second time.
        let plain =
            result == CURLE_ABORTED_BY_CALLBACK
            ? "the connection was lost after the request was sent" : String(cString: curl_easy_strerror(result))
        let quotable = [.connectFailed, .dns, .tls, .timeout].contains(code) && !detail.isEmpty
        self.init(code: code, message: quotable ? detail : plain, mayHaveBeenDelivered: issued)
    }
}

extension HTTPTransportError.Code {
    fileprivate init(_ result: CURLcode) {
        self =
            switch result {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .dns
            case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: .connectFailed
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
                CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
                CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED,
                CURLE_SSL_CRL_BADFILE, CURLE_SSL_CLIENTCERT, CURLE_USE_SSL_FAILED:
                .tls
            case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2_STREAM,
                CURLE_SEND_FAIL_REWIND, CURLE_ABORTED_BY_CALLBACK, CURLE_WRITE_ERROR, CURLE_SSL_SHUTDOWN_FAILED:
                .aborted
            case CURLE_HTTP2, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP_RETURNED_ERROR, CURLE_BAD_CONTENT_ENCODING,
                CURLE_UNRECOVERABLE_POLL:
                .protocolViolation
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT: .invalidRequest
            default: .internal
            }
    }
}
