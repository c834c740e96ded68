import Model
import ProviderKit

extension DaytonaSettings {
    /// How long a box lives that stops, in minutes; negative is for ever.
    private static let atOnce = 0
    private static let gibibyte = 1024

    /// What is asked of the provider.
    ///
    /// - Parameter source: The snapshot that its files begin with.
    func creation(
        _ name: BoxName,
        _ creation: BoxCreation,
        from source: SnapshotName?,
        _ mounts: [DaytonaCreation.Mount]
    ) throws(DriverError) -> DaytonaCreation {
        let resources = creation.spec.resources
        var request = DaytonaCreation(
            name: name.description,
            user: boxes.user,
            labels: boxes.labels.merging(TagLabels.of(creation.tag)) { $1 },
            public: boxes.isPublic,
            networkBlockAll: creation.spec.networkPolicy == .none,
            target: target,
            autoStopInterval: boxes.autoStopMinutes,
            autoArchiveInterval: boxes.autoArchiveMinutes,
            autoDeleteInterval: boxes.isEphemeral ? Self.atOnce : nil,
            volumes: mounts.isEmpty ? nil : mounts
        )
        if let language = boxes.language { request.labels["code-toolbox-language"] = language }
        guard creation.spec.image == nil || creation.spec.params?["snapshot"] == nil else {
            throw DriverError(.invalid, "A sandbox is made from an image or from the parameter 'snapshot', not both.")
        }
        let image = creation.spec.image ?? (boxes.snapshot == nil ? boxes.image : nil)
        if let source {
            // A snapshot has its sizes.
            request.snapshot = source.description
        } else if let image {
            guard !image.contains(where: \.isNewline) else {
                throw DriverError(.invalid, "The image is no name of one.")
            }
            request.buildInfo = DaytonaCreation.Build(dockerfileContent: "FROM \(image)\n")
            request.cpu = resources.vcpus.map { Int($0.rounded(.up)) }
            request.memory = resources.memoryMb.map(Self.gibibytes)
            request.disk = resources.diskMb.map(Self.gibibytes)
        } else {
            guard resources == Resources() else {
                throw DriverError(.invalid, "Daytona takes sizes with an image only: a snapshot has its own.")
            }
            request.snapshot = boxes.snapshot
        }
        return request
    }

    private static func gibibytes(_ mebibytes: Int) -> Int { (mebibytes + gibibyte - 1) / gibibyte }
}
