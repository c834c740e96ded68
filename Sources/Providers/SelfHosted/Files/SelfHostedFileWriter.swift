import Bus
import Foundation
import Model
import NIOConcurrencyHelpers
import NIOCore
import ProviderKit
import SwiftProtobuf
import Wire

/// A file on a user's machine being replaced: several requests are under way at once, each at its offset.
///
/// Nothing is visible before the commit, which names how many bytes there have to be.
final class SelfHostedFileWriter: BoxFileWriter {
    private static let chunk = 262_144
    /// How many requests are under way at once.
    private static let width = 4

    private typealias Writing = Task<SelfHostedFailure?, Never>

    private struct Shared {
        var size: UInt64 = 0
        var writings: [Writing] = []
        var failure: SelfHostedFailure?
    }

    private let path: String
    private let handle: String
    private let mode: UInt32?
    private let keeper: Keeper
    private let shared = NIOLockedValueBox(Shared())

    private init(_ path: String, handle: String, mode: UInt32?, _ keeper: Keeper) {
        self.path = path
        self.handle = handle
        self.mode = mode
        self.keeper = keeper
    }

    static func open(
        _ path: String,
        mode: UInt32?,
        in keeper: Keeper
    ) async throws(SelfHostedFailure) -> SelfHostedFileWriter {
        let handle = keeper.newHandle()
        let answer = try await keeper.call(.within(SelfHostedBox.limit)) {
            $0.openWrite = .with { open in
                open.path = path
                open.handle = handle
            }
        }
        switch answer.result {
        case .handle, .done: return SelfHostedFileWriter(path, handle: handle, mode: mode, keeper)
        default: throw .notUnderstood
        }
    }

    func write(_ bytes: ByteBuffer) async throws(DriverError) {
        try await mapped { () throws(SelfHostedFailure) in
            var rest = bytes
            while let part = rest.readSlice(length: min(rest.readableBytes, Self.chunk)), part.readableBytes > 0 {
                try await drain(to: Self.width - 1)
                begin(part)
            }
        }
    }

    private func begin(_ bytes: ByteBuffer) {
        shared.withLockedValue { shared in
            let (handle, offset, keeper) = (handle, shared.size, keeper)
            shared.writings.append(Task { await Self.write(bytes, handle, offset, keeper) })
            shared.size += UInt64(bytes.readableBytes)
        }
    }

    /// Waits until no more than so many are under way.
    private func drain(to count: Int) async throws(SelfHostedFailure) {
        while true {
            let (writing, failure) = shared.withLockedValue { shared in
                (shared.writings.count > count ? shared.writings.removeFirst() : nil, shared.failure)
            }
            if let failure { throw failure }
            guard let writing else { return }
            if let failure = await writing.value { shared.withLockedValue { $0.failure = $0.failure ?? failure } }
        }
    }

    private static func write(
        _ bytes: ByteBuffer,
        _ handle: String,
        _ offset: UInt64,
        _ keeper: Keeper
    ) async -> SelfHostedFailure? {
        do throws(SelfHostedFailure) {
            _ = try await keeper.call(.within(SelfHostedBox.limit)) {
                $0.write = .with { write in
                    write.handle = handle
                    write.offset = offset
                    write.bytes = Data(copying: bytes)
                }
            }
            return nil
        } catch {
            return error
        }
    }

    func commit() async throws(DriverError) -> FileInfo {
        try await mapped { () throws(SelfHostedFailure) in
            try await drain(to: 0)
            let size = shared.withLockedValue { $0.size }
            let answer = try await keeper.call(.within(SelfHostedBox.limit)) {
                $0.commit = .with { commit in
                    commit.handle = handle
                    commit.size = size
                    if let mode { commit.mode = mode }
                }
            }
            guard case .file(let file) = answer.result else { throw .notUnderstood }
            guard file.size == size else { throw .failed("The machine has other bytes than were sent.") }
            return FileInfo(file, path: path)
        }
    }

    func discard() async {
        for writing in shared.withLockedValue({ $0.writings }) { writing.cancel() }
        let (handle, keeper) = (handle, keeper)
        // Not waited for: the machine forgets it by itself too.
        Task { _ = try? await keeper.call(.within(.seconds(5))) { $0.discard = .with { $0.handle = handle } } }
    }
}
