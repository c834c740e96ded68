import Model
import ProviderKit

/// A volume of the engine, as one box gets it.
struct BoxVolume: Sendable {
    /// In `params` of a creation.
    static let parameter = "volumes"

    /// The engine's name of it.
    let source: String
    let target: String
    let isReadOnly: Bool
    private let labels: [String: String]

    /// What every box gets, and what this one has asked for.
    ///
    /// What is asked for belongs to the sandbox's workspace: a name means another volume in another workspace, and none of
    /// those that others have made on the engine.
    static func all(
        of creation: BoxCreation,
        _ configuration: DockerConfiguration
    ) throws(DriverError) -> [BoxVolume] {
        let (fleet, workspace) = (creation.tag.fleet.rawValue, creation.workspace?.rawValue ?? "none")
        let common = configuration.volumes.map { BoxVolume($0, source: $0.name, labels: [:]) }
        guard let text = creation.spec.params?[parameter] else { return common }
        let own = try DockerVolume.parse(text, "params.\(parameter)")
            .map { volume in
                BoxVolume(
                    volume,
                    source: "sandfleet-\(fleet)-\(workspace)-\(volume.name)",
                    labels: [Labels.fleet: fleet, Labels.workspace: workspace, Labels.volume: volume.name]
                )
            }
        if let taken = own.first(where: { volume in common.contains { $0.target == volume.target } }) {
            throw DriverError(.invalid, "params.\(parameter): \(taken.target) is taken in every box here.")
        }
        return common + own
    }

    private init(_ volume: DockerVolume, source: String, labels: [String: String]) {
        self.source = source
        self.labels = labels
        target = volume.target
        isReadOnly = volume.isReadOnly
    }

    var mount: ContainerRequest.Mount {
        ContainerRequest.Mount(
            source: source,
            target: target,
            isReadOnly: isReadOnly,
            options: labels.isEmpty ? nil : ContainerRequest.Mount.Options(labels: labels)
        )
    }
}
