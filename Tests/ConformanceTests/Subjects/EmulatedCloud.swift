import CurlTransport
import FleetTesting
import Foundation
import Model
import NIOCore
import ProviderKit

/// An emulator and what breaks it, as all clouds have it.
struct EmulatedCloud {
    let emulator: EmulatorProcess
    /// The request that makes a box.
    let create: (method: String, path: String)
    /// Below it are the boxes, each under its name; nil is where they are made.
    var boxes: String?
    /// Takes a box away past the driver that is tested.
    let reap: @Sendable (EmulatorProcess, Envelope) async throws -> Void

    var faults: ServerFaults {
        let (emulator, create, reap) = (emulator, create, reap)
        let boxes = boxes ?? create.path
        return ServerFaults(
            loseCreate: { try await emulator.inject(EmulatorFault(.lostAnswer, create.method, create.path)) },
            loseDeletion: { try await emulator.inject(EmulatorFault(.lostAnswer, "DELETE", "\(boxes)/*")) },
            limitRate: {
                try await emulator.inject(EmulatorFault(.rateLimited(retryAfter: 1), create.method, create.path))
            },
            breakDown: { try await emulator.inject(EmulatorFault(.status(503), count: nil)) },
            expireCredentials: { try await emulator.inject(EmulatorFault(.unauthorized, count: nil)) },
            heal: { try await emulator.clearFaults() },
            reap: { envelope in try await reap(emulator, envelope) }
        )
    }

    func letTimePass(_ duration: Duration) async throws {
        try await emulator.advance(seconds: Double(duration.components.seconds))
    }

    /// Only to this machine, past all proxies.
    static func transport() throws -> HTTPTransport {
        try HTTPTransport(HTTPTransport.Configuration(proxy: .none))
    }

    /// What the provider itself says, past the driver: a JSON object.
    func ask(_ path: String) async throws -> [String: Any] {
        let request = HTTPTransportRequest(
            method: "GET",
            url: emulator.baseURL + path,
            headers: ["Authorization": "Bearer \(EmulatorProcess.token)"],
            deadline: .seconds(60)
        )
        let answer = try await Self.transport().send(request)
        let body = Data(try await answer.collect(upTo: 1 << 24).readableBytesView)
        guard let object = try JSONSerialization.jsonObject(with: body) as? [String: Any] else {
            throw Broken("\(path) is answered \(answer.status) without an object")
        }
        return object
    }
}
