/// A container in which nobody has worked yet.
struct NewContainer: Sendable {
    let id: String
    /// As its image or its making says it: a name or number, with a group or without.
    let user: String
    /// Whether it begins with a saved box.
    let isSaved: Bool
    /// Where the volumes are that it may write to.
    let volumes: [String]

    init(_ id: String, _ request: ContainerRequest, _ image: ImageDocument) {
        self.id = id
        user = request.user ?? image.configuration?.user ?? ""
        isSaved = image.isSaved
        volumes = Labels.volumes(request.labels)
    }

    init(_ container: ContainerDocument, isSaved: Bool) {
        id = container.id
        user = container.configuration.user ?? ""
        self.isSaved = isSaved
        volumes = Labels.volumes(container.labels)
    }
}
