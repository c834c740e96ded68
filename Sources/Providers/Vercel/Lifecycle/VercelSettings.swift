import Model
import ProviderKit

/// What a new sandbox is made with.
struct VercelSettings: Sendable {
    /// Where its processes work.
    static let workspace = "/workspace"

    let image: String?
    let timeout: Duration
    let vcpus: Int
    let isPersistent: Bool
    let snapshotExpiration: Duration?
    let tags: VercelTags

    /// - Throws: `invalid` for processors that Vercel does not have, and for parameters that cannot be read.
    init(_ creation: BoxCreation, _ configuration: VercelConfiguration) throws(DriverError) {
        let parameters = try VercelParameters(creation.spec)
        let profile = configuration.profile(for: creation.spec, parameters)
        image = creation.spec.image ?? parameters.runtime
        timeout = try configuration.span(for: creation.spec)
        vcpus = try Self.processors(creation.spec.resources.vcpus) ?? configuration.vcpus ?? profile.vcpus
        isPersistent = parameters.isPersistent ?? configuration.persistent ?? profile.isPersistent
        snapshotExpiration = parameters.snapshotExpiration ?? profile.snapshotExpiration
        tags = VercelTags(
            creation.tag,
            scope: configuration.name ?? creation.spec.purpose,
            directory: Self.workspace
        )
    }

    private static func processors(_ wanted: Double?) throws(DriverError) -> Int? {
        guard let wanted else { return nil }
        guard let whole = Int(exactly: wanted), whole > 0 else {
            throw DriverError(
                .invalid,
                "Vercel has whole vCPUs only: resources.vcpus has to be 1 or more, without a fraction."
            )
        }
        return whole
    }

    func body(for creation: BoxCreation, from source: ArchiveReference?, project: String) -> CreateBody {
        CreateBody(
            projectId: project,
            name: creation.tag.box.rawValue,
            image: image,
            source: source.map { CreateBody.Source(snapshotId: $0.externalID) },
            ports: creation.spec.ports,
            timeout: timeout.milliseconds,
            resources: CreateBody.Resources(vcpus: vcpus),
            persistent: isPersistent,
            networkPolicy: creation.spec.networkPolicy == .full ? .allowAll : .denyAll,
            tags: tags.all,
            snapshotExpiration: snapshotExpiration?.milliseconds
        )
    }
}
