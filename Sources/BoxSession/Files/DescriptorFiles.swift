import BoxClient
import NIOCore
import ProviderKit

/// A file of a box on this host.
struct DescriptorFileReader: ProviderKit.BoxFileReader {
    let info: FileInfo
    private let reader: BoxClient.BoxFileReader

    init(_ reader: BoxClient.BoxFileReader, path: String) {
        self.reader = reader
        info = FileInfo(reader.info, path: path)
    }

    func next(limit: Int) async throws(DriverError) -> ByteBuffer? {
        try await mapped { try await reader.next(upTo: limit) }
    }

    /// The descriptor is closed with the last reference.
    func close() async {}
}

/// A file of a box on this host that is being replaced.
struct DescriptorFileWriter: ProviderKit.BoxFileWriter {
    private let writer: BoxClient.BoxFileWriter
    private let path: String
    private let mode: UInt32?

    init(_ writer: BoxClient.BoxFileWriter, path: String, mode: UInt32?) {
        self.writer = writer
        self.path = path
        self.mode = mode
    }

    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        try await mapped { try await writer.write(bytes) }
    }

    func commit() async throws(DriverError) -> FileInfo {
        let info = try await mapped { try await writer.commit(mode: mode) }
        return FileInfo(info, path: path)
    }

    func discard() async {
        writer.discard()
    }
}
