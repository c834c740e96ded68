import Bus
import FleetTesting
import Foundation
import Model
import ServiceHost
import SwiftProtobuf
import Testing
import Wire

struct ServiceProtocolTests {
    @Test func thePublicClientUnderstandsEveryAnswer() async throws {
        try await withBus { nats in
            let worker = try await nats.connect(as: .worker)
            let client = BusClient(bus: try await nats.connect(as: .gateway))
            let workspace = WorkspaceID.now()
            let sandbox = SandboxID.now()
            let statistics = EndpointStatistics(name: "sandbox", subject: Subject.anySandbox)
            let identity = MicroService.Identity(
                name: "worker",
                id: WorkerID.now().rawValue,
                version: "1.2.3",
                description: "A test."
            )
            let service = try MicroService(identity, endpoints: [statistics], bus: worker)
            try await withServer(worker, Subject.sandbox(workspace, sandbox), statistics: statistics) { call in
                guard case .probe = call.request.operation else { throw Fault(.diskFull, "no room") }
                return .with { $0.epoch = 1 }
            } _: {
                for operation in [WireSandboxRequest.with { $0.probe = WireProbe() }, WireSandboxRequest()] {
                    _ = try? await client.ask(
                        operation,
                        workspace: workspace,
                        sandbox: sandbox,
                        context: CallContext(requestID: "r", deadline: .now + .seconds(5))
                    )
                }
                let python = ProcessInfo.processInfo.environment["SANDFLEET_TEST_PYTHON"] ?? "python3"
                let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "service_protocol.py")
                let output = try await Tool.run(
                    python,
                    [script.path, nats.url, nats.passwords["admin"] ?? "", "worker", identity.id]
                )
                #expect(output.contains("ok"))
            }
            service.stop()
        }
    }
}
