import Testing

@testable import PostgresClient

struct PoolStateTests {
    private let start = ContinuousClock.now

    /// Asks for a connection that is expected to need waiting.
    private func wait(
        _ state: inout PoolState,
        until deadline: Duration = .seconds(1)
    ) throws -> (waiter: PoolState.WaiterID, connect: PoolState.ConnectionID?) {
        let action = state.lease(deadline: start + deadline)
        guard case .wait(let waiter, let connect) = action else {
            Issue.record("expected to wait, got \(action)")
            throw CancellationError()
        }
        return (waiter, connect)
    }

    @Test func connectsUpToTheLimitAndServesInOrder() throws {
        var state = PoolState(limit: 2)
        let first = try wait(&state)
        let second = try wait(&state)
        let third = try wait(&state)
        let one = try #require(first.connect)
        let two = try #require(second.connect)
        #expect(third.connect == nil)
        #expect(state.connected(two) == .hand(two, to: first.waiter))
        #expect(state.connected(one) == .hand(one, to: second.waiter))
        #expect(state.release(one) == .hand(one, to: third.waiter))
        #expect(state.release(two) == .keep)
        #expect(state.release(one) == .keep)
        // The last returned is the first lent.
        #expect(state.lease(deadline: start) == .lease(one))
    }

    @Test func aCancelledWaiterIsPassedOver() throws {
        var state = PoolState(limit: 1)
        let first = try wait(&state)
        let second = try wait(&state)
        let connection = try #require(first.connect)
        let cancellations = [state.cancel(first.waiter), state.cancel(first.waiter)]
        #expect(cancellations == [true, false])
        #expect(state.connected(connection) == .hand(connection, to: second.waiter))
        let isWaiting = state.cancel(second.waiter)
        #expect(!isWaiting)
    }

    @Test func expiresExactlyThoseWhoseDeadlineHasCome() throws {
        var state = PoolState(limit: 1)
        let first = try wait(&state, until: .seconds(1))
        let second = try wait(&state, until: .seconds(2))
        #expect(state.nextDeadline() == start + .seconds(1))
        #expect(state.expire(now: start + .milliseconds(999)) == [])
        #expect(state.expire(now: start + .seconds(1)) == [first.waiter])
        #expect(state.nextDeadline() == start + .seconds(2))
        #expect(state.expire(now: start + .seconds(9)) == [second.waiter])
        #expect(state.nextDeadline() == nil)
    }

    @Test func aDiscardedConnectionIsReplacedOnlyIfSomebodyWaits() throws {
        var state = PoolState(limit: 1)
        let first = try wait(&state)
        let connection = try #require(first.connect)
        _ = state.connected(connection)
        let second = try wait(&state)
        let discarded = state.discard(connection)
        let replacement = try #require(discarded)
        #expect(replacement != connection)
        #expect(state.connected(replacement) == .hand(replacement, to: second.waiter))
        #expect(state.discard(replacement) == nil)
    }

    @Test func aFailedConnectFailsWaitersOnlyWhenNothingElseCanServeThem() throws {
        var state = PoolState(limit: 2)
        let first = try wait(&state)
        let second = try wait(&state)
        let one = try #require(first.connect)
        let two = try #require(second.connect)
        #expect(state.connectFailed(one) == [])
        #expect(state.connectFailed(two) == [first.waiter, second.waiter])

        let third = try wait(&state)
        let three = try #require(third.connect)
        _ = state.connected(three)
        let fourth = try wait(&state)
        let four = try #require(fourth.connect)
        #expect(state.connectFailed(four) == [])
        #expect(state.release(three) == .hand(three, to: fourth.waiter))
    }

    @Test func shutDownFailsWaitersAndClosesWhatComesBack() throws {
        var state = PoolState(limit: 2)
        let first = try wait(&state)
        let one = try #require(first.connect)
        _ = state.connected(one)
        let second = try wait(&state)
        let two = try #require(second.connect)
        let shutDown = state.shutDown()
        #expect(shutDown.waiters == [second.waiter])
        #expect(shutDown.connections == [])
        #expect(state.connected(two) == .close(two))
        #expect(state.release(one) == .close(one))
        #expect(state.lease(deadline: start) == .refuse)
    }
}
