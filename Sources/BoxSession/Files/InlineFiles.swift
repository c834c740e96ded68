import BoxClient
import NIOCore
import ProviderKit

/// A file of a box on another machine.
struct InlineReader: ProviderKit.BoxFileReader {
    let info: FileInfo
    private let reader: InlineFileReader

    init(_ reader: InlineFileReader, path: String) {
        self.reader = reader
        info = FileInfo(reader.info, path: path)
    }

    func next(limit: Int) async throws(DriverError) -> ByteBuffer? {
        try await mapped { try await reader.next(upTo: limit) }
    }

    /// The box's handle is given back with the last reference.
    func close() async {}
}

/// A file of a box on another machine that is being replaced.
struct InlineWriter: ProviderKit.BoxFileWriter {
    private let writer: InlineFileWriter
    private let path: String
    private let mode: UInt32?

    init(_ writer: InlineFileWriter, path: String, mode: UInt32?) {
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
