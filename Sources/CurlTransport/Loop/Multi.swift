import CCurl
import CCurlShims

/// libcurl's multi handle.
///
/// Unchecked because it is a pointer: libcurl documents `curl_multi_wakeup` as callable from any thread, and all
/// else is called by the loop's thread alone.
struct Multi: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer

    init(idleConnections: Int) throws {
        guard let handle = curl_multi_init() else {
            throw HTTPTransportError(code: .internal, message: "no multi handle", mayHaveBeenDelivered: false)
        }
        self.handle = handle
        _ = curl_shim_multi_set_long(handle, CURLMOPT_MAXCONNECTS, idleConnections)
        _ = curl_shim_multi_set_long(handle, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    }

    func wakeUp() {
        _ = curl_multi_wakeup(handle)
    }

    func add(_ easy: UnsafeMutableRawPointer) -> CURLMcode {
        curl_multi_add_handle(handle, easy)
    }

    func remove(_ easy: UnsafeMutableRawPointer) {
        _ = curl_multi_remove_handle(handle, easy)
    }

    func perform() {
        var running: Int32 = 0
        _ = curl_multi_perform(handle, &running)
    }

    /// The next finished transfer.
    func finished() -> (easy: UnsafeMutableRawPointer, result: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            return (easy, curl_shim_message_result(message))
        }
        return nil
    }

    /// Waits for a socket of libcurl's or of `waits`, for libcurl's next timer, or for a wake-up, at most so long.
    /// - Returns: the code when waiting failed.
    func poll(_ waits: inout [curl_waitfd], milliseconds: Int32) -> UInt32? {
        let code = waits.withUnsafeMutableBufferPointer {
            curl_multi_poll(handle, $0.baseAddress, UInt32($0.count), milliseconds, nil)
        }
        return code == CURLM_OK ? nil : UInt32(bitPattern: code.rawValue)
    }

    func close() {
        _ = curl_multi_cleanup(handle)
    }
}
