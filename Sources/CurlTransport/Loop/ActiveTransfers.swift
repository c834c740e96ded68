import CCurl
import CCurlShims

/// The transfers that libcurl is working on; lives on the loop's thread.
struct ActiveTransfers {
    private let multi: Multi
    private var handles: [UnsafeMutableRawPointer: EasyHandle] = [:]
    private var pointers: [ObjectIdentifier: UnsafeMutableRawPointer] = [:]

    init(multi: Multi) {
        self.multi = multi
    }

    var isEmpty: Bool { handles.isEmpty }

    mutating func perform() {
        multi.perform()
        while let (pointer, result) = multi.finished() {
            guard let handle = detach(pointer) else { continue }
            handle.transfer.complete(result, detail: handle.errorText)
        }
    }

    mutating func handle(_ letter: TransferLoop.Letter) {
        switch letter {
        case .add(let transfer): add(transfer)
        case .resume(let transfer):
            guard let pointer = pointers[ObjectIdentifier(transfer)] else { return }
            _ = curl_easy_pause(pointer, transfer.pauseMask)
        case .remove(let transfer):
            guard let pointer = pointers[ObjectIdentifier(transfer)] else { return }
            _ = detach(pointer)
        }
    }

    mutating func failAll() {
        for pointer in Array(handles.keys) {
            guard let handle = detach(pointer) else { continue }
            handle.transfer.fail(.shutdown, "the transport was shut down")
        }
    }

    private mutating func add(_ transfer: Transfer) {
        // Cancelled before its letter was read.
        guard !transfer.hasEnded else { return }
        do {
            let handle = try EasyHandle(transfer)
            guard multi.add(handle.pointer) == CURLM_OK else {
                handle.close()
                throw HTTPTransportError(code: .internal, message: "handle refused", mayHaveBeenDelivered: false)
            }
            handles[handle.pointer] = handle
            pointers[ObjectIdentifier(transfer)] = handle.pointer
        } catch let error as HTTPTransportError {
            transfer.fail(error.code, error.message)
        } catch {
            transfer.fail(.internal, "the transfer cannot be set up")
        }
    }

    /// The handle is closed, the returned value serves for its transfer and error text only.
    private mutating func detach(_ pointer: UnsafeMutableRawPointer) -> EasyHandle? {
        guard let handle = handles.removeValue(forKey: pointer) else { return nil }
        pointers[ObjectIdentifier(handle.transfer)] = nil
        multi.remove(pointer)
        handle.close()
        return handle
    }
}
