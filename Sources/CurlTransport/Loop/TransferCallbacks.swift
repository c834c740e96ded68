import CCurl
import CCurlShims

/// The functions that libcurl calls, on the loop's thread, with the transfer as their context.
enum TransferCallbacks {
    static let body: curl_shim_data_callback = { bytes, size, count, context in
        guard let transfer = TransferCallbacks.transfer(context) else { return 0 }
        switch transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count)) {
        case .taken: return size * count
        case .pause: return curl_shim_write_pause
        case .refused: return 0
        }
    }

    static let header: curl_shim_data_callback = { bytes, size, count, context in
        guard let transfer = TransferCallbacks.transfer(context) else { return 0 }
        transfer.receiveHeaderLine(UnsafeRawBufferPointer(start: bytes, count: size * count))
        return size * count
    }

    static let upload: curl_shim_data_callback = { bytes, size, count, context in
        guard let pipe = TransferCallbacks.transfer(context)?.upload else { return curl_shim_read_abort }
        switch pipe.read(into: UnsafeMutableRawBufferPointer(start: bytes, count: size * count)) {
        case .bytes(let count): return count
        case .end: return 0
        case .starved: return curl_shim_read_pause
        }
    }

    static let willIssue: curl_shim_prereq_callback = { context, _, _, _, _ in
        guard let transfer = TransferCallbacks.transfer(context), transfer.willIssue() else {
            return CURL_PREREQFUNC_ABORT
        }
        return CURL_PREREQFUNC_OK
    }

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }
}
