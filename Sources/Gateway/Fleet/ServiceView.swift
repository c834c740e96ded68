import Bus

/// A service that answered, as the API shows it.
struct ServiceView: Sendable {
    private let service: DiscoveredService

    init(_ service: DiscoveredService) {
        self.service = service
    }

    var json: JSONValue {
        [
            "name": .string(service.name),
            "id": .string(service.id),
            "version": .string(service.version),
            "startedAt": .orNull(
                service.startedAt.flatMap { ISO8601.milliseconds($0) }.map { ISO8601.string(milliseconds: $0) }
            ),
        ]
    }
}
