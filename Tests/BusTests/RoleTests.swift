import Bus
import FleetTesting
import Model
import NATSClient
import NIOCore
import ServiceHost
import Testing

struct RoleTests {
    /// What each role must not do; the server says so, and the fleet's own connections surface it.
    @Test(arguments: [
        (BusRole.gateway, "event.w.sandbox-created.x"), (.gateway, "tunnel.w.c.down"), (.gateway, "worker.w.rpc"),
        (.gateway, "_INBOX.worker.x.1"), (.gateway, "$JS.API.STREAM.DELETE.EVENTS"), (.gateway, "$SYS.REQ.SERVER.PING"),
        (.worker, "provider.local.acquire"), (.worker, "event.w.sandbox-created.x"), (.worker, "sandbox.w.s.rpc"),
        (.reaper, "tunnel.w.c.up"), (.admin, "event.w.sandbox-created.x"), (.admin, "anything"),
    ])
    func aWrongRolesPublishIsRefused(_ role: BusRole, _ subject: String) async throws {
        try await withBus { nats in
            let bus = try await nats.connect(as: role)
            let events = bus.connection.events
            try bus.connection.publish(subject: subject, payload: ByteBuffer(string: "x"))
            try await bus.connection.flush()
            for await event in events {
                guard case .permissionViolation(let violation) = event else { continue }
                #expect(violation.operation == .publish && violation.subject == subject)
                break
            }
        }
    }

    @Test(arguments: [
        (BusRole.gateway, "sandbox.*.*.rpc"), (.gateway, "_INBOX.worker.>"), (.worker, "tunnel.*.*.down"),
        (.reaper, "sandbox.*.*.rpc"), (.admin, "tunnel.>"), (.worker, ">"),
    ])
    func aWrongRolesSubscriptionIsRefused(_ role: BusRole, _ subject: String) async throws {
        try await withBus { nats in
            let bus = try await nats.connect(as: role)
            let events = bus.connection.events
            let subscription = try bus.connection.subscribe(subject: subject) { _ in }
            try await bus.connection.flush()
            for await event in events {
                guard case .permissionViolation(let violation) = event else { continue }
                #expect(violation.operation == .subscribe)
                break
            }
            subscription.unsubscribe()
        }
    }
}
