import CCurl
import CCurlShims

/// The transfers that libcurl is working on; lives on the loop's thread.
struct ActiveTransfers {
    private struct Entry {
        let transfer: Transfer
        let handle: EasyHandle
    }

    private let multi: Multi
    private var entries: [UnsafeMutableRawPointer: Entry] = [:]
    private var pointers: [ObjectIdentifier: UnsafeMutableRawPointer] = [:]
    /// When heads are overdue, of those that are bounded.
    private var deadlines: [UnsafeMutableRawPointer: ContinuousClock.Instant] = [:]

    init(multi: Multi) {
        self.multi = multi
    }

    var isEmpty: Bool { entries.isEmpty }

    /// - Returns: Whether the handle is one of these.
    mutating func finish(_ pointer: UnsafeMutableRawPointer, _ result: CURLcode) -> Bool {
        guard let entry = detach(pointer) else { return false }
        entry.transfer.complete(result, detail: entry.handle.errorText)
        return true
    }

    mutating func add(_ transfer: Transfer) {
        // Cancelled before its letter was read.
        guard !transfer.hasEnded else { return }
        do {
            let handle = try EasyHandle(transfer)
            guard multi.add(handle.pointer) == CURLM_OK else {
                handle.close()
                throw HTTPTransportError(code: .internal, message: "handle refused", mayHaveBeenDelivered: false)
            }
            entries[handle.pointer] = Entry(transfer: transfer, handle: handle)
            pointers[ObjectIdentifier(transfer)] = handle.pointer
            if let limit = transfer.request.answerTimeout { deadlines[handle.pointer] = .now + limit }
        } catch let error as HTTPTransportError {
            transfer.fail(error.code, error.message)
        } catch {
            transfer.fail(.internal, "the transfer cannot be set up")
        }
    }

    func resume(_ transfer: Transfer) {
        guard let pointer = pointers[ObjectIdentifier(transfer)] else { return }
        _ = curl_easy_pause(pointer, transfer.pauseMask)
    }

    mutating func remove(_ transfer: Transfer) {
        guard let pointer = pointers[ObjectIdentifier(transfer)] else { return }
        _ = detach(pointer)
    }

    mutating func failAll() {
        for pointer in Array(entries.keys) {
            detach(pointer)?.transfer.fail(.shutdown, "the transport was shut down")
        }
    }

    var nextDeadline: ContinuousClock.Instant? { deadlines.values.min() }

    mutating func expire(_ now: ContinuousClock.Instant) {
        for (pointer, deadline) in deadlines where deadline <= now {
            deadlines[pointer] = nil
            guard let transfer = entries[pointer]?.transfer, transfer.awaitsHead else { continue }
            transfer.fail(.timeout, "no answer in time")
        }
    }

    /// The handle is closed, the returned value serves for its transfer and error text only.
    private mutating func detach(_ pointer: UnsafeMutableRawPointer) -> Entry? {
        guard let entry = entries.removeValue(forKey: pointer) else { return nil }
        pointers[ObjectIdentifier(entry.transfer)] = nil
        deadlines[pointer] = nil
        multi.remove(pointer)
        entry.handle.close()
        return entry
    }
}
