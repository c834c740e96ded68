import BoxSession
import NIOCore
import ProviderKit

/// Puts into a box what every box has: the daemon's executable, a place for the daemon, and the workspace.
struct Provisioning: Sendable {
    let engine: Engine
    let program: DaemonProgram

    var path: String { "\(BoxPlaces.own)/\(program.name)" }

    /// Whether anything was missing, running box or not.
    @discardableResult
    func provide(_ container: ContainerDocument) async throws(DriverError) -> Bool {
        // A file that was cut off on its way is shorter.
        let size = try await engine.size(of: path, in: container.id)
        guard size != Int64(program.bytes.readableBytes) else { return false }
        var tar = TarFile()
        // Its own folder is the last of the folders: where it is, there was a whole executable once, or is half of one.
        if try await engine.size(of: BoxPlaces.daemon, in: container.id) == nil { try await found(container, &tar) }
        // Last: where it is whole, so is everything else.
        tar.add(file: String(path.dropFirst()), mode: 0o755, owner: .root, content: program.bytes)
        tar.finish()
        try await engine.put(tar.bytes, into: container.id)
        return true
    }

    /// Gives a new box the folders that its programs work in; what a user has made of them since is the user's.
    private func found(_ container: ContainerDocument, _ tar: inout TarFile) async throws(DriverError) {
        let user = try await user(of: container)
        // A saved box brings its workspace along, with the owner and the mode that it had.
        let isSaved = try await !(engine.image(container.image)?.labels[Labels.archive] ?? "").isEmpty
        if !isSaved { tar.add(directory: String(BoxPlaces.workspace.dropFirst()), mode: 0o755, owner: user) }
        for target in Labels.newVolumes(container.labels) {
            tar.add(directory: String(target.dropFirst()), mode: 0o755, owner: user)
        }
        tar.add(directory: String(BoxPlaces.daemon.dropFirst()), mode: 0o700, owner: user)
    }

    private func user(of container: ContainerDocument) async throws(DriverError) -> BoxUser {
        let name = container.configuration.user ?? ""
        let engine = engine
        let id = container.id
        let passwd = name.isEmpty ? nil : try await engine.file("/etc/passwd", in: id)
        let group = name.contains(":") ? try await engine.file("/etc/group", in: id) : nil
        guard let user = BoxUser.resolve(name, passwd: passwd, group: group) else {
            throw DriverError(.invalid, "The image knows no user \(name).")
        }
        return user
    }
}
