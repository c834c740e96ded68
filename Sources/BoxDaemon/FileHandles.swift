import ExecutionEngine

/// What a client has open.
///
/// It is all closed, and half-written files removed, with the connection.
struct FileHandles {
    /// More than a client ever has open at once.
    private static let maximum = 128

    /// Files whose contents are asked for by frames.
    var reads: [UInt32: Descriptor] = [:]
    var writes: [UInt32: AtomicFile] = [:]
    var listings: [UInt32: DirectoryListing] = [:]

    var isFull: Bool { reads.count + writes.count + listings.count >= Self.maximum }

    func contains(_ stream: UInt32) -> Bool {
        reads[stream] != nil || writes[stream] != nil || listings[stream] != nil
    }
}
