import Bus
import NIOConcurrencyHelpers
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DispatcherTests {
    private let log = NIOLockedValueBox<[String]>([])

    private func note(_ word: String) { log.withLockedValue { $0.append(word) } }
    private var noted: [String] { log.withLockedValue { $0 } }

    @Test func beginsWhatCameEarlyAndEndsAfterTheLast() async {
        let dispatcher = Dispatcher()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        dispatcher.enqueue { note("early") }
        dispatcher.enqueue {
            for await _ in gate {}
            note("late")
        }
        dispatcher.finish()
        dispatcher.enqueue { note("dropped") }
        async let run: Void = {
            await dispatcher.run()
            note("over")
        }()
        opener.finish()
        await run
        #expect(Set(noted) == ["early", "late", "over"])
        #expect(noted.last == "over")
    }

    @Test func runsWhatComesMeanwhileSideBySide() async {
        let dispatcher = Dispatcher()
        async let run: Void = dispatcher.run()
        let (words, writer) = AsyncStream<Int>.makeStream()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        dispatcher.enqueue { for await _ in gate {} }
        for number in 0..<100 { dispatcher.enqueue { writer.yield(number) } }
        var seen: Set<Int> = []
        for await number in words {
            seen.insert(number)
            if seen.count == 100 { break }
        }
        opener.finish()
        dispatcher.finish()
        await run
        #expect(seen == Set(0..<100))
    }

    @Test func aCancellationReachesTheJobsAndWaitsForThem() async {
        let dispatcher = Dispatcher()
        let (started, starter) = AsyncStream<Void>.makeStream()
        let run = Task {
            await dispatcher.run()
            note("over")
        }
        dispatcher.enqueue {
            starter.finish()
            // Endless, but for the cancellation.
            let (never, _) = AsyncStream<Void>.makeStream()
            for await _ in never {}
            note(Task.isCancelled ? "cancelled" : "ended")
        }
        for await _ in started {}
        run.cancel()
        await run.value
        #expect(noted == ["cancelled", "over"])
        dispatcher.enqueue { note("after") }
        #expect(noted == ["cancelled", "over"])
    }
}
