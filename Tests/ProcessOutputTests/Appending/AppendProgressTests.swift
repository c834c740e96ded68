import Testing

@testable import ProcessOutput

struct AppendProgressTests {
    private func other(at sequence: UInt64, epoch: UInt64) -> AppendProgress.Newest {
        .other(OutputTail(position: OutputPosition(sequence: 9, epoch: epoch), streamSequence: sequence))
    }

    @Test func anAnswerEndsIt() {
        var progress = AppendProgress(epoch: 4, expected: 17)
        #expect(progress.firstStep == .send(expecting: 17))
        #expect(progress.sent(.acknowledged(30)) == .stored(at: 30))
    }

    @Test(arguments: [AppendProgress.Sending.unknown, .wrongLast])
    func withoutAnAnswerTheNewestMessageDecides(_ outcome: AppendProgress.Sending) {
        var progress = AppendProgress(epoch: 4, expected: 17)
        #expect(progress.sent(outcome) == .readTail)
        #expect(progress.read(.mine(at: 21)) == .stored(at: 21))

        // What was expected: it is sent again.
        progress = AppendProgress(epoch: 4, expected: 17)
        #expect(progress.sent(outcome) == .readTail)
        #expect(progress.read(other(at: 17, epoch: 3)) == .pause(.milliseconds(50)))
        #expect(progress.resumed() == .send(expecting: 17))

        // Nothing, and nothing was expected.
        progress = AppendProgress(epoch: 4, expected: 0)
        #expect(progress.sent(outcome) == .readTail)
        #expect(progress.read(.none) == .pause(.milliseconds(50)))
        #expect(progress.resumed() == .send(expecting: 0))
    }

    @Test func whatHasExpiredIsNoFence() {
        var progress = AppendProgress(epoch: 4, expected: 17)
        #expect(progress.sent(.wrongLast) == .readTail)
        #expect(progress.read(.none) == .send(expecting: 0))
        // That one may get lost, too.
        #expect(progress.sent(.unknown) == .readTail)
        #expect(progress.read(.none) == .pause(.milliseconds(50)))
        #expect(progress.resumed() == .send(expecting: 0))
        #expect(progress.sent(.wrongLast) == .readTail)
        #expect(progress.read(.mine(at: 40)) == .stored(at: 40))
    }

    @Test func aLaterEpochFencesAnEarlierOneIsOvertaken() {
        var progress = AppendProgress(epoch: 4, expected: 17)
        #expect(progress.sent(.wrongLast) == .readTail)
        #expect(progress.read(other(at: 18, epoch: 5)) == .fenced)
        for epoch in [3, 4] as [UInt64] {
            progress = AppendProgress(epoch: 4, expected: 17)
            let tail = OutputTail(position: OutputPosition(sequence: 9, epoch: epoch), streamSequence: 18)
            #expect(progress.read(.other(tail)) == .outdated(tail))
        }
    }

    @Test func aFullStreamIsAskedAgainWithGrowingPauses() {
        var progress = AppendProgress(epoch: 1, expected: 3)
        var pauses: [Duration] = []
        for _ in 0..<10 {
            guard case .pause(let pause) = progress.sent(.refused) else { break }
            pauses.append(pause)
            #expect(progress.resumed() == .send(expecting: 3))
        }
        let expected = [50, 100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000, 2_000]
        #expect(pauses == expected.map { .milliseconds($0) })
    }

    @Test func aTailThatCannotBeReadIsReadLater() {
        var progress = AppendProgress(epoch: 1, expected: 3)
        #expect(progress.sent(.unknown) == .readTail)
        #expect(progress.readFailed() == .pause(.milliseconds(50)))
        #expect(progress.resumed() == .readTail)
        #expect(progress.read(.mine(at: 4)) == .stored(at: 4))
    }
}
