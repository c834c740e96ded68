import Bus
import Model
import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Gateway

@Suite("Connections", .timeLimit(.minutes(1)))
struct ConnectionTests {
    private static let sandbox = "/v1/sandboxes/01hzzzzzzzzzzzzzzzzzzzzzzz"

    private static func request(_ method: String, _ path: String, _ headers: [String] = [], body: String = "") -> String {
        let all = ["\(method) \(path) HTTP/1.1", "Host: test", "Authorization: Bearer admin"] + headers
        return all.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    private static func command(_ body: String = #"{"command":"true"}"#) -> String {
        request("POST", "\(sandbox)/commands", ["Content-Length: \(body.utf8.count)"], body: body)
    }

    @Test func aConnectionServesRequestAfterRequest() async throws {
        let bus = AnsweringBus()
        try await withLiveGateway(try TestGateway(bus: bus)) { port, _ in
            try await RawClient.with(port: port) { client in
                for _ in 0..<50 {
                    try await client.send(Self.command())
                    let answer = try await client.read(until: "\"durationMs\":7}")
                    #expect(answer.hasPrefix("HTTP/1.1 200 OK"))
                    #expect(!answer.lowercased().contains("connection: close"))
                }
            }
        }
        #expect(bus.count == 50)
    }

    @Test func aClientThatLeavesLeavesNoTaskBehind() async throws {
        let bus = HangingBus()
        try await withLiveGateway(try TestGateway(bus: bus)) { port, _ in
            try await RawClient.with(port: port) { client in
                try await client.send(Self.command())
                await bus.asked.first()
            }
            // Without the cancellation this never comes, and the time limit ends the test.
            await bus.cancelled.first()
            #expect(bus.cancellations == 1)
        }
    }

    @Test func aBodyIsInvitedOnlyWhenItIsWanted() async throws {
        try await withLiveGateway(try TestGateway(bus: AnsweringBus())) { port, _ in
            try await RawClient.with(port: port) { client in
                let body = #"{"command":"true"}"#
                let headers = ["Content-Length: \(body.utf8.count)", "Expect: 100-continue"]
                try await client.send(Self.request("POST", "\(Self.sandbox)/commands", headers))
                #expect(try await client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
                try await client.send(body)
                #expect(try await client.read(until: "\"durationMs\":7}").hasPrefix("HTTP/1.1 200 OK"))
            }
            try await RawClient.with(port: port) { client in
                let headers = ["Content-Length: 99999999999", "Expect: 100-continue"]
                try await client.send(Self.request("POST", "\(Self.sandbox)/commands", headers))
                let answer = try await client.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 413 "))
                #expect(answer.lowercased().contains("connection: close"))
            }
        }
    }

    @Test func anAnswerToAHugeBodyDoesNotWaitForTheBody() async throws {
        try await withLiveGateway(try TestGateway(bus: AnsweringBus())) { port, _ in
            try await RawClient.with(port: port) { client in
                let headers = ["Content-Length: 99999999999"]
                try await client.send(Self.request("POST", "\(Self.sandbox)/commands", headers, body: "{\"command\""))
                let answer = try await client.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("body_too_large"))
            }
        }
    }

    @Test func aBodyThatBreaksOffIsNotTakenForWhole() async throws {
        let bus = AnsweringBus()
        try await withLiveGateway(try TestGateway(bus: bus)) { port, _ in
            for headers in [["Content-Length: 100"], ["Transfer-Encoding: chunked"]] {
                try await RawClient.with(port: port) { client in
                    let begun = headers[0].hasPrefix("T") ? "5\r\nhello\r\n" : "hello"
                    try await client.send(Self.request("PUT", "\(Self.sandbox)/files?path=a", headers, body: begun))
                    try await client.finish()
                    _ = try await client.readToEnd()
                }
            }
        }
        #expect(bus.count == 0)
    }

    @Test func whatRunsIsFinishedWhenTheServerStops() async throws {
        let bus = HangingBus()
        try await withLiveGateway(try TestGateway(bus: bus)) { port, services in
            try await RawClient.with(port: port) { client in
                try await client.send(Self.command())
                await bus.asked.first()
                await services.triggerGracefulShutdown()
                bus.release()
                let answer = try await client.readToEnd()
                #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer.contains("\"durationMs\":7}"))
            }
            await #expect(throws: (any Error).self) { try await RawClient.with(port: port) { _ in } }
        }
    }

    @Test func whoWaitsOrFollowsIsSentElsewhereWhenTheServerStops() async throws {
        let test = try TestGateway()
        let process = test.processes.add()
        try await withLiveGateway(test) { port, services in
            try await RawClient.with(port: port) { follower in
                try await RawClient.with(port: port) { waiter in
                    try await follower.send(Self.request("GET", "/v1/processes/\(process.id)/output?follow=true"))
                    try await waiter.send(Self.request("POST", "/v1/processes/\(process.id)/wait?timeoutMs=300000"))
                    while test.processes.following == 0 || test.processes.listening == 0 { await Task.yield() }
                    await services.triggerGracefulShutdown()
                    // The answers end in order; without this the time limit ends the test.
                    #expect(try await follower.readToEnd().hasSuffix("\r\n0\r\n\r\n"))
                    #expect(try await waiter.readToEnd().contains("\"status\":\"running\""))
                }
            }
        }
    }

    @Test func aFollowerThatLeavesIsForgotten() async throws {
        let test = try TestGateway()
        let process = test.processes.add()
        try await withLiveGateway(test) { port, _ in
            try await RawClient.with(port: port) { client in
                try await client.send(Self.request("GET", "/v1/processes/\(process.id)/output?follow=true"))
                while test.processes.following == 0 { await Task.yield() }
            }
            while test.processes.following > 0 { await Task.yield() }
            #expect(test.processes.following == 0)
        }
    }

    @Test func nonsenseIsAnsweredAndTheConnectionClosed() async throws {
        try await withLiveGateway(try TestGateway()) { port, _ in
            try await RawClient.with(port: port) { client in
                try await client.send("NONSENSE\r\n\r\n")
                #expect(try await client.readToEnd().hasPrefix("HTTP/1.1 400 "))
            }
        }
    }
}

/// Something that happens once, and can be waited for.
final class Signal: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func send() {
        continuation.yield()
        continuation.finish()
    }

    func first() async {
        for await _ in stream { return }
    }
}

private func answer() -> WireSandboxReply {
    .with {
        $0.command = .with {
            $0.process = .with {
                $0.status = .exited
                $0.exitCode = 0
            }
            $0.durationMs = 7
        }
    }
}

/// An owner whose commands end at once.
private final class AnsweringBus: SandboxBus {
    private let asks = NIOLockedValueBox(0)
    let isConnected = true

    var count: Int { asks.withLockedValue { $0 } }

    func ask(
        _ request: WireSandboxRequest,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireSandboxReply {
        asks.withLockedValue { $0 += 1 }
        return answer()
    }

    func acquire(
        provider: String,
        placement: String?,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireAcquireReply { throw BusError.noResponders }

    func openTunnel(workspace: WorkspaceID) async throws -> Tunnel { throw BusError.disconnected }
}

/// An owner whose commands end when the test says so.
private final class HangingBus: SandboxBus {
    let isConnected = true
    let asked = Signal()
    let cancelled = Signal()
    private let count = NIOLockedValueBox(0)
    private let released = Signal()

    var cancellations: Int { count.withLockedValue { $0 } }

    func release() {
        released.send()
    }

    func ask(
        _ request: WireSandboxRequest,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireSandboxReply {
        asked.send()
        await released.first()
        if Task.isCancelled {
            count.withLockedValue { $0 += 1 }
            cancelled.send()
            throw CancellationError()
        }
        return answer()
    }

    func acquire(
        provider: String,
        placement: String?,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireAcquireReply { throw BusError.noResponders }

    func openTunnel(workspace: WorkspaceID) async throws -> Tunnel { throw BusError.disconnected }
}
