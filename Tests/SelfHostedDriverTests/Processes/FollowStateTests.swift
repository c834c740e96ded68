import Foundation
import NIOCore
import ProviderKit
import SwiftProtobuf
import Testing
import Wire

@testable import SelfHostedDriver

struct FollowStateTests {
    private func output(_ text: String, at offset: UInt64, exit: Int32? = nil) -> WireAgentOutput {
        .with { output in
            output.pieces = [
                .with { piece in
                    piece.offset = offset
                    piece.bytes = Data(text.utf8)
                }
            ]
            if let exit { output.exit = .with { $0.code = exit } }
        }
    }

    private static func take(_ output: WireAgentOutput, _ state: inout FollowState) -> Bool { state.take(output) }

    private func events(_ state: inout FollowState) -> [String] {
        var events: [String] = []
        while let event = state.next() {
            switch event {
            case .stdout(let bytes, let offset): events.append("\(offset):\(String(buffer: bytes))")
            case .stderr(let bytes, let offset): events.append("e\(offset):\(String(buffer: bytes))")
            case .exited(let exit): events.append("exit \(exit.code ?? -1)")
            }
        }
        return events
    }

    @Test func whatComesAgainIsTakenOnce() {
        var state = FollowState(stdout: 2, stderr: 0)
        #expect(Self.take(output("abc", at: 2), &state))
        #expect(Self.take(output("abcde", at: 2), &state))
        #expect(Self.take(output("ab", at: 2), &state))
        #expect(Self.take(output("", at: 7, exit: 3), &state))
        #expect(Self.take(output("", at: 7, exit: 3), &state))
        #expect(events(&state) == ["2:abc", "5:de", "exit 3"])
    }

    @Test func aGapIsSeen() {
        var state = FollowState(stdout: 0, stderr: 0)
        #expect(!Self.take(output("x", at: 1), &state))
        #expect(events(&state) == [])
    }

    @Test func onlyWhatWasReceivedCountsAsStored() {
        var state = FollowState(stdout: 0, stderr: 0)
        #expect(Self.take(output("abc", at: 0), &state))
        state.store(stdout: 2, stderr: 0)
        #expect(!state.isStored)
        state.store(stdout: 1, stderr: 0)
        #expect(state.stored == FollowState.Offsets(stdout: 2, stderr: 0))
        state.store(stdout: 99, stderr: 99)
        #expect(state.isStored)
        #expect(state.stored == FollowState.Offsets(stdout: 3, stderr: 0))
    }

    @Test func nothingMoreIsAskedForWhileTooMuchIsNotStored() {
        var state = FollowState(stdout: 0, stderr: 0)
        #expect(Self.take(output(String(repeating: "x", count: Int(FollowState.limit)), at: 0), &state))
        #expect(!state.canPull)
        state.store(stdout: 1, stderr: 0)
        #expect(state.canPull)
    }
}
