import Bus
import FleetTesting
import Model
import NATSClient
import NIOCore
import ServiceHost
import SwiftProtobuf
import Testing
import Wire

struct CallTests {
    private let workspace = WorkspaceID.now()
    private let sandbox = SandboxID.now()

    private var subject: String { Subject.sandbox(workspace, sandbox) }

    private func context(_ limit: Duration = .seconds(5)) -> CallContext {
        CallContext(requestID: "r", deadline: .now + limit)
    }

    private func probe() -> WireSandboxRequest {
        .with {
            $0.operationID = OperationID.now().rawValue
            $0.probe = WireProbe()
        }
    }

    @Test func answersAndFaultsTravel() async throws {
        try await withBus { nats in
            let worker = try await nats.connect(as: .worker)
            let client = BusClient(bus: try await nats.connect(as: .gateway))
            try await withServer(worker, subject) { call in
                guard case .probe = call.request.operation else {
                    throw Fault(.diskFull, "no room", hint: "delete", retryAfter: 7, details: ["path": "/x"])
                }
                #expect(call.requestID == "r")
                return .with { $0.epoch = 3 }
            } _: {
                let reply = try await client.ask(probe(), workspace: workspace, sandbox: sandbox, context: context())
                #expect(reply.epoch == 3)
                var other = probe()
                other.statFile = .with { $0.path = "/x" }
                let error = await refusal { [other] in
                    _ = try await client.ask(other, workspace: workspace, sandbox: sandbox, context: context())
                }
                #expect(error?.code == .remote)
                #expect(
                    error?.fault
                        == Fault(.diskFull, "no room", hint: "delete", retryAfter: 7, details: ["path": "/x"])
                )
            }
        }
    }

    @Test func nobodyThereIsToldAtOnce() async throws {
        try await withBus { nats in
            let client = BusClient(bus: try await nats.connect(as: .gateway))
            let began = ContinuousClock.now
            let error = await refusal {
                _ = try await client.ask(probe(), workspace: workspace, sandbox: sandbox, context: context())
            }
            #expect(error?.code == .noResponders)
            #expect(.now - began < .seconds(2))
        }
    }

    /// A request that lasts: without a deadline, and its owner answers when it is told to.
    private func run() -> WireSandboxRequest {
        .with {
            $0.operationID = OperationID.now().rawValue
            $0.run = WireRunCommand()
        }
    }

    @Test func whatLastsIsPolledAndAnsweredInTheEnd() async throws {
        try await withBus { nats in
            let worker = try await nats.connect(as: .worker)
            let client = BusClient(bus: try await nats.connect(as: .gateway))
            let asked = run()
            let (polled, poll) = AsyncStream<String>.makeStream()
            try await withServer(worker, subject) { call in
                guard case .poll(let question) = call.request.operation else {
                    for await id in polled where id == asked.operationID { break }
                    return .with { $0.command = WireCommandResult() }
                }
                poll.yield(question.operationID)
                return .with { $0.operation = .with { $0.running = true } }
            } _: {
                let context = CallContext(requestID: "r", deadline: nil)
                let reply = try await client.ask(asked, workspace: workspace, sandbox: sandbox, context: context)
                #expect(reply.command == WireCommandResult())
            }
        }
    }

    @Test func whatItsOwnerDoesNotKnowIsNotWaitedFor() async throws {
        try await withBus { nats in
            let worker = try await nats.connect(as: .worker)
            let client = BusClient(bus: try await nats.connect(as: .gateway))
            let asked = run()
            try await withServer(worker, subject) { call in
                guard case .poll = call.request.operation else { throw NoAnswer() }
                return .with { $0.operation = .with { $0.running = false } }
            } _: {
                let context = CallContext(requestID: "r", deadline: nil)
                let error = await refusal {
                    _ = try await client.ask(asked, workspace: workspace, sandbox: sandbox, context: context)
                }
                #expect(error?.fault.code == .outcomeUnknown)
                #expect(error?.fault.details == ["operationId": asked.operationID])
            }
        }
    }

    @Test func aSupersededOwnersAnswerIsNotTaken() async throws {
        try await withBus { nats in
            let worker = try await nats.connect(as: .worker)
            let client = BusClient(bus: try await nats.connect(as: .gateway))
            let epochs = [UInt64(5), 4].makeIterator()
            let next = Next(epochs)
            try await withServer(worker, subject) { _ in
                let epoch = await next.take() ?? 0
                return .with { $0.epoch = epoch }
            } _: {
                _ = try await client.ask(probe(), workspace: workspace, sandbox: sandbox, context: context())
                let error = await refusal {
                    _ = try await client.ask(probe(), workspace: workspace, sandbox: sandbox, context: context())
                }
                #expect(error?.fault.code == .leaseLost)
            }
        }
    }

    @Test func aRequestPastItsDeadlineIsNotRun() async throws {
        try await withBus { nats in
            let worker = try await nats.connect(as: .worker)
            let gateway = try await nats.connect(as: .gateway)
            let runs = Count()
            try await withServer(worker, subject) { _ in
                await runs.add()
                return .with { $0.epoch = 1 }
            } _: {
                let late = NATSHeaders(["Sandfleet-Deadline": String(worker.clock.now - 1)])
                let bytes = ByteBuffer(bytes: try probe().serializedBytes() as [UInt8])
                await #expect(throws: NATSError.self) {
                    try await gateway.connection.request(
                        subject: subject,
                        headers: late,
                        payload: bytes,
                        timeout: .milliseconds(300)
                    )
                }
                let count = await runs.value
                #expect(count == 0)
            }
        }
    }

    /// Whoever the queue group handed it to has died with it, or is frozen: nobody says so, but somebody else answers.
    @Test func anAcquisitionThatNobodyAnswersIsAskedForAgain() async throws {
        try await withBus { nats in
            let worker = try await nats.connect(as: .worker)
            let gateway = try await nats.connect(as: .gateway)
            let client = BusClient(bus: gateway, acquisitionPatience: .milliseconds(50))
            let requests = Count()
            let subject = Subject.acquire(provider: "local")
            let acquire = EndpointStatistics(name: "acquire", subject: subject)
            try await withEndpoint(worker, subject, statistics: acquire) {
                (_: IncomingCall<WireAcquireRequest>) -> WireAcquireReply in
                await requests.add()
                guard await requests.value == 3 else { throw NoAnswer() }
                return .with {
                    $0.outcome = .serving
                    $0.epoch = 7
                }
            } _: {
                let reply = try await client.acquire(
                    provider: "local",
                    placement: nil,
                    workspace: workspace,
                    sandbox: sandbox,
                    context: context(.seconds(60))
                )
                #expect(reply.outcome == .serving && reply.epoch == 7)
            }
        }
    }

    @Test func anAcquisitionEndsAtItsDeadline() async throws {
        try await withBus { nats in
            let worker = try await nats.connect(as: .worker)
            let client = BusClient(bus: try await nats.connect(as: .gateway), acquisitionPatience: .milliseconds(50))
            let subject = Subject.acquire(provider: "local")
            let acquire = EndpointStatistics(name: "acquire", subject: subject)
            try await withEndpoint(worker, subject, statistics: acquire) {
                (_: IncomingCall<WireAcquireRequest>) -> WireAcquireReply in
                throw NoAnswer()
            } _: {
                let error = await refusal {
                    _ = try await client.acquire(
                        provider: "local",
                        placement: nil,
                        workspace: workspace,
                        sandbox: sandbox,
                        context: context(.milliseconds(300))
                    )
                }
                #expect(error?.code == .timeout)
            }
        }
    }

    /// What did not leave may be asked again, what did leave may have been done.
    @Test(arguments: [
        (NATSError.Code.disconnected, FaultCode.busUnavailable), (.closed, .busUnavailable),
        (.noResponders, .noWorker), (.timeout, .deadlineExceeded), (.interrupted, .outcomeUnknown),
        (.library, .outcomeUnknown), (.payloadTooLarge, .bodyTooLarge),
    ])
    func aTroubleOfTheConnectionIsToldAsWhatItIs(_ trouble: NATSError.Code, _ told: FaultCode) {
        #expect(BusError(NATSError(trouble, "test")).fault.code == told)
    }

    @Test func cancellingTheAskerCancelsTheOperation() async throws {
        try await withBus { nats in
            let worker = try await nats.connect(as: .worker)
            let client = BusClient(bus: try await nats.connect(as: .gateway))
            let (started, startedSignal) = AsyncStream.makeStream(of: String.self)
            let (cancelled, cancelledSignal) = AsyncStream.makeStream(of: String.self)
            let (ended, endedSignal) = AsyncStream.makeStream(of: Void.self)
            try await withServer(worker, subject) { call in
                if case .cancel(let cancel) = call.request.operation {
                    cancelledSignal.yield(cancel.operationID)
                    return WireSandboxReply()
                }
                startedSignal.yield(call.request.operationID)
                for await operation in cancelled where operation == call.request.operationID { break }
                endedSignal.yield()
                throw NoAnswer()
            } _: {
                let request = probe()
                let asking = Task {
                    try await client.ask(
                        request,
                        workspace: workspace,
                        sandbox: sandbox,
                        context: CallContext(requestID: "r", deadline: nil)
                    )
                }
                var begun: String?
                for await operation in started {
                    begun = operation
                    break
                }
                #expect(begun == request.operationID)
                asking.cancel()
                await #expect(throws: CancellationError.self) { try await asking.value }
                // The server listens until the cancellation, which nobody answers, has reached it.
                for await _ in ended { break }
            }
        }
    }

    @Test func anOperatorAsksInJSON() async throws {
        try await withBus { nats in
            let worker = try await nats.connect(as: .worker)
            let admin = try await nats.connect(as: .admin)
            try await withServer(worker, subject) { call in
                guard case .statFile(let stat) = call.request.operation else { throw Fault(.invalidRequest, "what?") }
                return .with {
                    $0.epoch = 2
                    $0.file = .with { $0.path = stat.path }
                }
            } _: {
                let message = try await admin.connection.request(
                    subject: subject,
                    headers: ["Content-Type": "application/json"],
                    payload: ByteBuffer(string: #"{"operationId":"o","statFile":{"path":"/etc"}}"#),
                    timeout: .seconds(5)
                )
                #expect(String(buffer: message.payload) == #"{"epoch":"2","file":{"path":"/etc"}}"#)
                let bad = try await admin.connection.request(
                    subject: subject,
                    headers: ["Content-Type": "application/json"],
                    payload: ByteBuffer(string: "{"),
                    timeout: .seconds(5)
                )
                #expect(bad.headers["Nats-Service-Error-Code"] == "400")
            }
        }
    }
}

/// The bus's error of a call that has to fail.
private func refusal(_ body: () async throws -> Void) async -> BusError? {
    do {
        try await body()
    } catch {
        return error as? BusError
    }
    return nil
}

private actor Next {
    private var iterator: IndexingIterator<[UInt64]>

    init(_ iterator: IndexingIterator<[UInt64]>) { self.iterator = iterator }

    func take() -> UInt64? { iterator.next() }
}

private actor Count {
    private(set) var value = 0

    func add() { value += 1 }
}
