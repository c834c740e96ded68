import BoxClient
import ExecutionEngine
import Glibc
import Model
import NIOConcurrencyHelpers
import NIOPosix
import Wire

/// A file that is being written beside its place, in pieces that come in any order and more than once.
final class FileUpload: Sendable {
    let path: String
    /// Nil once it is committed: its descriptor is closed.
    private let writer: NIOLockedValueBox<BoxFileWriter?>
    private let threads: NIOThreadPool
    private let written = NIOLockedValueBox(WrittenRanges())
    private let committed = NIOLockedValueBox<(size: UInt64, file: WireFileInfo)?>(nil)
    private let turn = Turnstile()

    init(_ writer: BoxFileWriter, path: String, threads: NIOThreadPool) {
        self.writer = NIOLockedValueBox(writer)
        self.path = path
        self.threads = threads
    }

    /// Whether it is there only for who asks again.
    var isCommitted: Bool { committed.withLockedValue { $0 != nil } }

    func write(_ bytes: [UInt8], at offset: UInt64) async throws {
        guard let writer = writer.withLockedValue({ $0 }), !isCommitted else { return }
        guard offset <= UInt64(Int64.max) - UInt64(bytes.count) else {
            throw Fault(.outOfRange, "The offset is too large.")
        }
        let range = offset..<offset + UInt64(bytes.count)
        if written.withLockedValue({ $0.contains(range) }) { return }
        try await threads.runIfActive {
            try Self.put(bytes, at: offset, in: writer.descriptor)
        }
        written.withLockedValue { $0.insert(range) }
    }

    private static func put(_ bytes: [UInt8], at offset: UInt64, in descriptor: Descriptor) throws {
        try bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let start = bytes.baseAddress.map { $0 + done }
                let count = pwrite(descriptor.number, start, bytes.count - done, off_t(offset) + off_t(done))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw Fault(BoxError(SystemError(code: count < 0 ? errno : ENOSPC))) }
                done += count
            }
        }
    }

    /// Puts the file in its place, once.
    func commit(size: UInt64, mode: UInt32?) async throws -> WireFileInfo {
        try await turn.withTurn {
            if let done = committed.withLockedValue({ $0 }) {
                guard done.size == size else { throw Fault(.outOfRange, "It was committed with another size.") }
                return done.file
            }
            let gap = written.withLockedValue { $0.isWhole(size) ? nil : $0.firstGap }
            if let gap {
                throw Fault(
                    .outOfRange,
                    "The bytes that have come are not those of a file of \(size) bytes.",
                    details: ["missing": "\(gap)"]
                )
            }
            guard let writer = writer.withLockedValue({ $0 }) else { throw Fault.unknownHandle }
            let info: BoxFileInfo
            do {
                info = try await writer.commit(size: size, mode: mode)
            } catch let error as BoxError {
                throw Fault(error)
            }
            let file = WireFileInfo(info, path: path)
            committed.withLockedValue { $0 = (size, file) }
            self.writer.withLockedValue { $0 = nil }
            return file
        }
    }

    func discard() { writer.withLockedValue { $0.take() }?.discard() }
}

extension WireFileInfo {
    init(_ info: BoxFileInfo, path: String) {
        self.init()
        self.path = path
        name = info.name.isEmpty ? LocalFile.lastComponent(path) : info.name
        type =
            switch info.kind {
            case .regular: .file
            case .directory: .directory
            case .symbolicLink: .symlink
            case .other: .other
            }
        size = info.size
        mode = info.mode
        modifiedAt = info.modifiedNanoseconds
        target = info.target ?? ""
    }
}
