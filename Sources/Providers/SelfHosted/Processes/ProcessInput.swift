import Bus
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import ProviderKit
import SwiftProtobuf
import Wire

/// The input of one program, always appended to at an offset: a repeat is not read twice.
final class ProcessInput: Sendable {
    /// The most bytes of one request.
    static let chunk = 131_072
    private static let longestWait = Duration.seconds(20)

    /// What a program's input begins with.
    struct Opening {
        var first = Data()
        /// What does not fit into the start.
        var rest: ByteBuffer?
        var staysOpen: Bool

        init(_ input: BoxCommand.Input, hasTerminal: Bool) {
            staysOpen = hasTerminal
            switch input {
            case .none: break
            case .open(let bytes):
                staysOpen = true
                first = Data(copying: bytes)
            case .bytes(var bytes):
                first = Data(
                    copying: bytes.readSlice(length: min(bytes.readableBytes, ProcessInput.chunk)) ?? bytes
                )
                guard bytes.readableBytes > 0 else { return }
                rest = bytes
                staysOpen = true
            }
        }
    }

    private let id: String
    private let keeper: Keeper
    /// All bytes that the far end has taken, as far as this handle knows.
    private let offset: NIOLockedValueBox<UInt64?>
    /// Appends to the end, one after another.
    private let turns = Turns()

    init(of id: String, in keeper: Keeper, offset: UInt64?) {
        self.id = id
        self.keeper = keeper
        self.offset = NIOLockedValueBox(offset)
    }

    /// - Parameter offset: Nil appends at the end.
    func append(
        _ bytes: ByteBuffer,
        at offset: UInt64?,
        end: Bool,
        within limit: Duration
    ) async throws(SelfHostedFailure) -> InputState {
        if let offset { return try await append(bytes, from: offset, end: end, until: .now + limit) }
        return try await turns.take { () throws(SelfHostedFailure) in
            let known = try await self.end()
            return try await self.append(bytes, from: known, end: end, until: .now + limit)
        }
    }

    /// Where the next bytes at the end begin.
    private func end() async throws(SelfHostedFailure) -> UInt64 {
        if let known = offset.withLockedValue({ $0 }) { return known }
        return try await send(ByteBuffer(), at: nil, end: false, wait: .zero).offset
    }

    /// - Returns: How many of the bytes were taken, and whether the input has ended.
    private func appendSome(of bytes: ByteBuffer) async throws(SelfHostedFailure) -> (taken: Int, hasEnded: Bool) {
        try await turns.take { () throws(SelfHostedFailure) in
            let known = try await self.end()
            let state = try await self.append(bytes, from: known, end: false, until: .now + Self.longestWait)
            return (min(bytes.readableBytes, Int(state.offset - min(known, state.offset))), state.hasEnded)
        }
    }

    /// Waits for as long as the program takes.
    ///
    /// - Returns: Whether it has read all.
    func write(_ bytes: ByteBuffer) async throws(SelfHostedFailure) -> Bool {
        var rest = bytes
        while rest.readableBytes > 0 {
            let (taken, hasEnded) = try await appendSome(of: rest)
            rest.moveReaderIndex(forwardBy: taken)
            if hasEnded { return rest.readableBytes == 0 }
        }
        return true
    }

    /// Feeds what did not fit into the start, and ends the input.
    func feed(_ bytes: ByteBuffer) {
        Task {
            // A program that does not want it has ended, or ends its input; its exit tells.
            guard (try? await self.write(bytes)) == true else { return }
            _ = try? await self.append(ByteBuffer(), at: nil, end: true, within: .zero)
        }
    }

    private func append(
        _ bytes: ByteBuffer,
        from offset: UInt64,
        end: Bool,
        until limit: ContinuousClock.Instant
    ) async throws(SelfHostedFailure) -> InputState {
        var position = offset
        let last = offset + UInt64(bytes.readableBytes)
        while true {
            var rest = bytes
            rest.moveReaderIndex(forwardBy: Int(position - offset))
            let part = rest.readSlice(length: min(rest.readableBytes, Self.chunk)) ?? ByteBuffer()
            let wait = max(.zero, min(Self.longestWait, limit - .now))
            let isLast = rest.readableBytes == 0
            let state = try await send(part, at: position, end: end && isLast, wait: wait)
            let isDone = state.hasEnded || (isLast && state.offset >= last)
            guard !isDone, ContinuousClock.now < limit || state.offset > position else { return state }
            position = min(last, max(position, state.offset))
        }
    }

    private func send(
        _ bytes: ByteBuffer,
        at offset: UInt64?,
        end: Bool,
        wait: Duration
    ) async throws(SelfHostedFailure) -> InputState {
        let patience = Patience(deadline: .now + wait + SelfHostedBox.limit, attempt: wait + .seconds(8))
        let answer = try await keeper.call(patience) { [id] in
            $0.append = .with { append in
                append.processID = id
                if let offset { append.offset = offset }
                append.bytes = Data(copying: bytes)
                append.end = end
                append.waitMs = wait.milliseconds
            }
        }
        guard case .input(let input) = answer.result else { throw .notUnderstood }
        self.offset.withLockedValue { $0 = max($0 ?? 0, input.offset) }
        return InputState(offset: input.offset, hasEnded: input.ended)
    }
}
