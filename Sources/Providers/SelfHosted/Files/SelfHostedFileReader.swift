import Model
import NIOConcurrencyHelpers
import NIOCore
import ProviderKit
import SwiftProtobuf
import Wire

/// An open file on a user's machine, read in order, several requests ahead.
///
/// A handle that its machine has forgotten is opened anew, if the file is still the one that was begun.
final class SelfHostedFileReader: BoxFileReader {
    static let chunk = 262_144
    /// How many requests are under way at once.
    private static let width = 4

    fileprivate typealias Reading = Task<Result<WireAgentBytes, SelfHostedFailure>, Never>

    fileprivate struct Shared {
        var handle: String
        /// Where the next bytes that are taken begin.
        var position: UInt64 = 0
        /// Where the next request begins.
        var requested: UInt64 = 0
        var readings: [Reading] = []
        var rest = ByteBuffer()
        var hasEnded = false
    }

    let info: FileInfo
    private let path: String
    private let keeper: Keeper
    private let shared: NIOLockedValueBox<Shared>

    private init(_ info: FileInfo, _ path: String, handle: String, _ keeper: Keeper) {
        self.info = info
        self.path = path
        self.keeper = keeper
        shared = NIOLockedValueBox(Shared(handle: handle))
    }

    static func open(_ path: String, in keeper: Keeper) async throws(SelfHostedFailure) -> SelfHostedFileReader {
        let (handle, info) = try await handle(for: path, keeper)
        return SelfHostedFileReader(info, path, handle: handle, keeper)
    }

    private static func handle(
        for path: String,
        _ keeper: Keeper
    ) async throws(SelfHostedFailure) -> (String, FileInfo) {
        let answer = try await keeper.call(.within(SelfHostedBox.limit)) { $0.openRead = .with { $0.path = path } }
        guard case .handle(let opened) = answer.result else { throw .notUnderstood }
        return (opened.handle, FileInfo(opened.file, path: path))
    }

    func next(limit: Int) async throws(DriverError) -> ByteBuffer? {
        try await mapped { () throws(SelfHostedFailure) in
            if let held = takeHeld(limit) { return held }
            guard let bytes = try await nextChunk() else { return nil }
            shared.withLockedValue { $0.rest = bytes }
            return takeHeld(limit)
        }
    }

    private func takeHeld(_ limit: Int) -> ByteBuffer? {
        shared.withLockedValue { shared in
            let length = min(max(1, limit), shared.rest.readableBytes)
            return length == 0 ? nil : shared.rest.readSlice(length: length)
        }
    }

    private func nextChunk() async throws(SelfHostedFailure) -> ByteBuffer? {
        var hasReopened = false
        while true {
            guard let reading = begin() else { return nil }
            switch await reading.value {
            case .success(let answer):
                take(answer)
                if !answer.bytes.isEmpty { return ByteBuffer(bytes: answer.bytes) }
            case .failure(let failure):
                guard failure.isAboutHandle, !hasReopened else { throw failure }
                hasReopened = true
                try await reopen()
            }
        }
    }

    /// Keeps several requests under way; the first one is the next to be taken.
    ///
    /// Nil at the end.
    private func begin() -> Reading? {
        shared.withLockedValue { shared in
            guard !shared.hasEnded else { return nil }
            // Beyond the size that it had only one by one: it may have grown, or never have told.
            while shared.readings.isEmpty || (shared.readings.count < Self.width && shared.requested < info.size) {
                let (handle, offset, keeper) = (shared.handle, shared.requested, keeper)
                shared.readings.append(Task { await Self.read(handle, offset, keeper) })
                shared.requested += UInt64(Self.chunk)
            }
            return shared.readings.removeFirst()
        }
    }

    private func take(_ answer: WireAgentBytes) {
        shared.withLockedValue { shared in
            shared.position += UInt64(answer.bytes.count)
            shared.hasEnded = answer.end || answer.bytes.isEmpty
            // What was asked for ahead does not follow on a short answer.
            if answer.bytes.count < Self.chunk, !shared.hasEnded { shared.restart() }
        }
    }

    private func reopen() async throws(SelfHostedFailure) {
        let (handle, now) = try await Self.handle(for: path, keeper)
        guard now.size == info.size, now.modifiedAt == info.modifiedAt else {
            throw .failed("The file was changed while it was read.")
        }
        shared.withLockedValue { shared in
            shared.handle = handle
            shared.restart()
        }
    }

    private static func read(
        _ handle: String,
        _ offset: UInt64,
        _ keeper: Keeper
    ) async -> Result<WireAgentBytes, SelfHostedFailure> {
        do throws(SelfHostedFailure) {
            let answer = try await keeper.call(.within(SelfHostedBox.limit)) {
                $0.read = .with { read in
                    read.handle = handle
                    read.offset = offset
                    read.limit = UInt32(chunk)
                }
            }
            guard case .bytes(let bytes) = answer.result else { throw .notUnderstood }
            return .success(bytes)
        } catch {
            return .failure(error)
        }
    }

    func close() async {
        let handle = shared.withLockedValue { shared in
            shared.hasEnded = true
            for reading in shared.readings { reading.cancel() }
            shared.readings = []
            return shared.handle
        }
        let keeper = keeper
        // Not waited for: the machine forgets it by itself too.
        Task { _ = try? await keeper.call(.within(.seconds(5))) { $0.discard = .with { $0.handle = handle } } }
    }

    deinit {
        for reading in shared.withLockedValue({ $0.readings }) { reading.cancel() }
    }
}

extension SelfHostedFileReader.Shared {
    fileprivate mutating func restart() {
        for reading in readings { reading.cancel() }
        readings = []
        requested = position
    }
}
