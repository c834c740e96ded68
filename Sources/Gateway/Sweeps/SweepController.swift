import Bus
import HTTPTypes
import Hummingbird
import Model
import Store
import SwiftProtobuf
import Wire

/// `/v1/fleet/sweep`: has workers look at every box that their providers list, and delete those that are proven to be
/// nobody's.
struct SweepController: Sendable {
    /// Where boxes are listed: a provider, and the host or engine of one that is bound to it.
    struct Place: Sendable, Hashable {
        var provider: String
        var placement: String?
    }

    /// The most boxes that a pass deletes at each place.
    private static let deletions: UInt32 = 50

    let store: Store
    let bus: any SandboxBus
    let body: JSONBody
    let settings: GatewaySettings

    var routes: [Route] {
        [Route(.post, "/v1/fleet/sweep", .scope(.admin), handler: sweep)]
    }

    @Sendable private func sweep(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var dryRun = false
        if let value = try await body.readIfAny(request, context) {
            var reader = try JSONObjectReader(value)
            dryRun = try reader.bool("dryRun") ?? false
            try reader.finish()
        }
        var upkeep = WireUpkeepRequest()
        upkeep.sweep = .with {
            $0.dryRun = dryRun
            $0.limit = Self.deletions
        }
        let places = Self.places(of: try await store.workers())
        // What each place said, in its order.
        let outcomes = try await withThrowingTaskGroup(of: (Int, Result<WireSweepReport, Fault>).self) { group in
            for (index, place) in places.enumerated() {
                group.addTask { [upkeep] in (index, try await look(at: place, upkeep, context)) }
            }
            var outcomes = [Result<WireSweepReport, Fault>?](repeating: nil, count: places.count)
            for try await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes
        }
        var boxes: [JSONValue] = []
        var unreached: [JSONValue] = []
        for case (let place, let outcome?) in zip(places, outcomes) {
            switch outcome {
            case .success(let report): boxes += report.boxes.map { SweptBoxView($0, at: place).json }
            case .failure(let fault): unreached.append(Self.unreached(place, fault))
            }
        }
        return .json(["boxes": .array(boxes), "unreached": .array(unreached)])
    }

    /// - Throws: `CancellationError` alone; what else goes wrong is told of the place.
    private func look(
        at place: Place,
        _ upkeep: WireUpkeepRequest,
        _ context: GatewayContext
    ) async throws -> Result<WireSweepReport, Fault> {
        do {
            let reply = try await bus.upkeep(
                upkeep,
                provider: place.provider,
                placement: place.placement,
                context: context.call(within: settings.acquireTimeout)
            )
            guard case .sweep(let report) = reply.result else { return .failure(.otherAnswer) }
            return .success(report)
        } catch let error as BusError {
            return .failure(error.fault)
        }
    }

    /// Every place that a worker serves, or served until lately.
    static func places(of workers: [WorkerRecord]) -> [Place] {
        let places = workers.flatMap { worker in
            worker.providers.map {
                Place(provider: $0, placement: worker.hostBound.contains($0) ? worker.placement : nil)
            }
        }
        return Set(places).sorted { ($0.provider, $0.placement ?? "") < ($1.provider, $1.placement ?? "") }
    }

    private static func unreached(_ place: Place, _ fault: Fault) -> JSONValue {
        [
            "provider": .string(place.provider),
            "placement": .orNull(place.placement),
            "code": .string(fault.code.rawValue),
            "message": .string(fault.message),
        ]
    }
}
