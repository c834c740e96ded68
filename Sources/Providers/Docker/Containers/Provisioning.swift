import BoxSession
import NIOCore
import ProviderKit

/// Puts into a box what every box has: the daemon's executable, a place for the daemon, and the workspace.
struct Provisioning: Sendable {
    let engine: Engine
    let program: DaemonProgram

    var path: String { "\(BoxPlaces.own)/\(program.name)" }

    /// Fills a container that was made now, and has nothing of ours in it.
    func fill(_ container: NewContainer) async throws(DriverError) {
        var tar = TarFile(holding: program.bytes.readableBytes)
        try await found(container, &tar)
        try await put(&tar, into: container.id)
    }

    /// Puts in what is missing, running box or not.
    func provide(_ container: ContainerDocument) async throws(DriverError) {
        // A file that was cut off on its way is shorter.
        let size = try await engine.size(of: path, in: container.id)
        guard size != Int64(program.bytes.readableBytes) else { return }
        var tar = TarFile(holding: program.bytes.readableBytes)
        // Its own folder is the last of the folders: where it is, there was a whole executable once, or is half of one.
        if try await engine.size(of: BoxPlaces.daemon, in: container.id) == nil {
            let isSaved = try await engine.image(container.image)?.isSaved ?? false
            try await found(NewContainer(container, isSaved: isSaved), &tar)
        }
        try await put(&tar, into: container.id)
    }

    private func put(_ tar: inout TarFile, into container: String) async throws(DriverError) {
        // Last: where it is whole, so is everything else.
        tar.add(file: String(path.dropFirst()), mode: 0o755, owner: .root, content: program.bytes)
        tar.finish()
        try await engine.put(tar.bytes, into: container)
    }

    /// Gives a new box the folders that its programs work in; what a user has made of them since is the user's.
    private func found(_ container: NewContainer, _ tar: inout TarFile) async throws(DriverError) {
        let user = try await user(of: container)
        // A saved box brings its workspace along, with the owner and the mode that it had.
        if !container.isSaved { tar.add(directory: String(BoxPlaces.workspace.dropFirst()), mode: 0o755, owner: user) }
        // A volume is root's until a box hands it over, and the one that it was made with may have come to nothing. One that has
        // something in it is as those want it who have used it, or as the image has it.
        for target in container.volumes where user.uid != BoxUser.root.uid {
            guard let folder = try await engine.emptyDirectory(target, in: container.id),
                folder.owner.uid == BoxUser.root.uid
            else { continue }
            tar.add(directory: String(target.dropFirst()), mode: folder.mode, owner: user)
        }
        tar.add(directory: String(BoxPlaces.daemon.dropFirst()), mode: 0o700, owner: user)
    }

    private func user(of container: NewContainer) async throws(DriverError) -> BoxUser {
        let name = container.user
        let passwd = name.isEmpty ? nil : try await engine.file("/etc/passwd", in: container.id)
        let group = name.contains(":") ? try await engine.file("/etc/group", in: container.id) : nil
        guard let user = BoxUser.resolve(name, passwd: passwd, group: group) else {
            throw DriverError(.invalid, "The image knows no user \(name).")
        }
        return user
    }
}
