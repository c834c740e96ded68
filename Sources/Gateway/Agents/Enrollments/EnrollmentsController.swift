import HTTPTypes
import Hummingbird
import Model
import Store

/// `/v1/agents/enrollments`: tokens for machines to be.
struct EnrollmentsController: Sendable {
    /// An hour, unless asked otherwise; 30 days at most.
    private static let lifetime: Int64 = 3_600_000
    private static let lifetimes: ClosedRange<Int64> = 1000...2_592_000_000

    let store: Store
    let authority: AccountAuthority
    let body: JSONBody

    var routes: [Route] {
        [
            Route(.post, "/v1/agents/enrollments", .scope(.admin), handler: create),
            Route(.get, "/v1/agents/enrollments", .scope(.read), handler: list),
            Route(.get, "/v1/agents/enrollments/{id}", .scope(.read), handler: show),
            Route(.delete, "/v1/agents/enrollments/{id}", .scope(.admin), handler: revoke),
        ]
    }

    /// The only answer that ever holds the token.
    @Sendable private func create(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var reader = try JSONObjectReader(try await body.readIfAny(request, context) ?? .object([]))
        let name = try reader.agentName("name")
        let labels = try reader.labels() ?? [:]
        let lifetime = try reader.integer("lifetimeMs", in: Self.lifetimes) ?? Self.lifetime
        try reader.finish()
        try authority.requireAvailable()
        let principal = try context.principal
        if let name, try await store.agent(named: name, in: principal.workspace) != nil {
            throw Fault(.nameTaken, "Another agent has this name.", hint: "Use another name.")
        }
        let id: EnrollmentID = ID.new()
        let token = EnrollmentToken.new(for: id)
        let enrollment = try await store.createEnrollment(
            NewEnrollment(
                id: id,
                workspace: principal.workspace,
                name: name,
                labels: labels,
                tokenHash: EnrollmentToken.hash(of: token),
                lifetimeMs: lifetime,
                actor: "key/\(principal.key)"
            )
        )
        guard case .object(let members) = EnrollmentView(enrollment).json else {
            throw Fault(.internal, "The enrollment has no form.")
        }
        return .json(.object(members + [.init("token", .string(token))]), status: .created)
    }

    @Sendable private func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let limit = try query.integer("limit", in: 1...200) ?? 50
        let cursor: EnrollmentID? = try query.identifier("cursor")
        try query.finish()
        // One more than asked for tells whether there is another page.
        let records = try await store.enrollments(
            in: try context.principal.workspace,
            after: cursor,
            limit: limit + 1
        )
        let page = records.prefix(limit)
        return .page(
            page.map { EnrollmentView($0).json },
            next: records.count > limit ? page.last?.id.rawValue : nil
        )
    }

    @Sendable private func show(_ request: Request, _ context: GatewayContext) async throws -> Response {
        guard let record = try await store.enrollment(try id(context), in: try context.principal.workspace) else {
            throw Fault.enrollmentNotFound
        }
        return .json(EnrollmentView(record).json)
    }

    @Sendable private func revoke(_ request: Request, _ context: GatewayContext) async throws -> Response {
        switch try await store.revokeEnrollment(try id(context), in: try context.principal.workspace) {
        case .revoked: return .noContent
        case .notFound: throw Fault.enrollmentNotFound
        case .used(let agent):
            throw Fault(
                .agentConflict,
                "A machine has been enrolled with this token.",
                hint: "Delete the agent instead.",
                details: ["agentId": agent.rawValue]
            )
        }
    }

    private func id(_ context: GatewayContext) throws(Fault) -> EnrollmentID {
        guard let id = context.coreContext.parameters.get("id").flatMap({ EnrollmentID($0) }) else {
            throw .enrollmentNotFound
        }
        return id
    }
}

extension Fault {
    fileprivate static let enrollmentNotFound = Fault(.enrollmentNotFound, "There is no such enrollment.")
}
