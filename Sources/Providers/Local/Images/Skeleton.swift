import Crypto
import Glibc
import ProviderKit

/// The lowest layer of a box: mount points, the box's user, and for the `host` image the harmless part of `/etc`.
struct Skeleton: Sendable {
    /// Part of each layer's name; a change here makes new layers.
    private static let version = "1"
    static let userName = "sandbox"
    static let hostName = "sandbox"
    static let userID: UInt32 = 1_000
    private static let systemDirectories = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"]
    private static let directories: [(String, mode_t)] = [
        ("dev", 0o755), ("etc", 0o755), ("home", 0o755), ("home/\(userName)", 0o755), ("opt", 0o755), ("proc", 0o755),
        ("run", 0o755), ("tmp", 0o1777), ("usr", 0o755), ("var", 0o755), ("var/tmp", 0o1777), ("workspace", 0o755),
    ]

    /// Host paths that boxes of the `host` image see, all of them existing.
    let hostPaths: [String]
    private let etcEntries: [String]
    private let links: [(name: String, target: String)]

    init(configuration: LocalConfiguration) throws(DriverError) {
        for path in configuration.readOnlyPaths where !path.hasPrefix("/") || HostFile.status(path) == nil {
            throw DriverError(.invalid, "the read-only path \(path) does not exist on this host")
        }
        var paths = ["/usr"]
        var links: [(String, String)] = []
        for name in Self.systemDirectories {
            guard let status = HostFile.status("/\(name)") else { continue }
            if status.isSymlink, let target = HostFile.linkTarget("/\(name)") {
                links.append((name, target))
            } else {
                paths.append("/\(name)")
            }
        }
        hostPaths = paths + configuration.readOnlyPaths
        etcEntries = configuration.etcEntries
        self.links = links
    }

    /// The layer of the `host` image, made anew whenever what it copies has changed.
    func hostLayer(in layers: LayerDirectory) throws(DriverError) -> String {
        var hash = SHA256()
        hash.update(data: Array("\(Self.version) \(hostPaths) \(links)".utf8))
        for entry in etcEntries { try Self.describe("/etc/\(entry)", into: &hash) }
        return try layers.make("host-\(hash.finalize().hexadecimal.prefix(20))") { path throws(DriverError) in
            try Self.fill(path)
            for (name, target) in links {
                guard symlink(target, "\(path)/\(name)") == 0 else { throw .system("cannot make a symlink") }
            }
            for hostPath in hostPaths { try Self.makeMountPoint(for: hostPath, in: path) }
            for entry in etcEntries {
                let target = "\(path)/etc/\(entry)"
                if let slash = entry.lastIndex(of: "/") {
                    try HostFile.makeDirectories("\(path)/etc/\(entry[..<slash])", mode: 0o755)
                }
                // What only some may read on the host, nobody reads in a box.
                try FileTree.copy("/etc/\(entry)", to: target) { status in
                    status.isSymlink || status.st_mode & S_IROTH != 0
                }
            }
        }
    }

    /// The layer below images that bring their own system.
    func baseLayer(in layers: LayerDirectory) throws(DriverError) -> String {
        try layers.make("base-\(Self.version)") { path throws(DriverError) in try Self.fill(path) }
    }

    /// The layer above an image's own, which adds the box's user to the image's.
    func identityLayer(for root: String, key: String, in layers: LayerDirectory) throws(DriverError) -> String {
        try layers.make("identity-\(key)") { path throws(DriverError) in
            try HostFile.makeDirectory("\(path)/etc", mode: 0o755)
            // No symlinks are followed: an image's must not lead to the host's files.
            for (name, line) in [("passwd", Self.passwdLine), ("group", Self.groupLine)] {
                let own = try Self.regularFile(name, inEtcOf: root) ?? ""
                let lines = own.split(separator: "\n").filter { $0.split(separator: ":").dropFirst(2).first != "1000" }
                let text = (lines.map(String.init) + [line]).joined(separator: "\n") + "\n"
                try HostFile.write("\(path)/etc/\(name)", text.utf8, flags: O_CREAT | O_TRUNC, mode: 0o644)
            }
            for (name, text) in Self.files where name != "passwd" && name != "group" {
                try HostFile.write("\(path)/etc/\(name)", text.utf8, flags: O_CREAT | O_TRUNC, mode: 0o644)
            }
        }
    }

    private static func regularFile(_ name: String, inEtcOf root: String) throws(DriverError) -> String? {
        guard HostFile.status("\(root)/etc")?.isDirectory == true,
            HostFile.status("\(root)/etc/\(name)")?.isRegular == true
        else { return nil }
        return try HostFile.text("\(root)/etc/\(name)")
    }

    private static let passwdLine = "\(userName):x:\(userID):\(userID)::/home/\(userName):/bin/bash"
    private static let groupLine = "\(userName):x:\(userID):"

    private static let files: [(String, String)] = [
        (
            "passwd",
            "root:x:0:0:root:/root:/usr/sbin/nologin\n\(passwdLine)\nnobody:x:65534:65534::/:/usr/sbin/nologin\n"
        ),
        ("group", "root:x:0:\n\(groupLine)\nnogroup:x:65534:\n"),
        ("hosts", "127.0.0.1 localhost \(hostName)\n::1 localhost\n"),
        ("hostname", "\(hostName)\n"),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
        // A place to bind the host's own on when the box has a network.
        ("resolv.conf", ""),
    ]

    private static func fill(_ path: String) throws(DriverError) {
        for (name, mode) in directories {
            try HostFile.makeDirectory("\(path)/\(name)", mode: mode)
            guard chmod("\(path)/\(name)", mode) == 0 else { throw .system("cannot set a mode") }
        }
        for (name, text) in files {
            try HostFile.write("\(path)/etc/\(name)", text.utf8, flags: O_CREAT | O_TRUNC, mode: 0o644)
        }
    }

    private static func makeMountPoint(for hostPath: String, in path: String) throws(DriverError) {
        let target = path + hostPath
        guard let resolved = HostFile.realPath(hostPath), let status = HostFile.status(resolved) else { return }
        if status.isDirectory { return try HostFile.makeDirectories(target, mode: 0o755) }
        if let slash = target.lastIndex(of: "/") {
            try HostFile.makeDirectories(String(target[..<slash]), mode: 0o755)
        }
        try HostFile.write(target, [], flags: O_CREAT, mode: 0o644)
    }

    private static func describe(_ path: String, into hash: inout SHA256) throws(DriverError) {
        guard let status = HostFile.status(path) else { return }
        let time = status.st_mtim
        hash.update(data: Array("\(path) \(status.st_mode) \(status.st_size) \(time.tv_sec) \(time.tv_nsec)\n".utf8))
        guard status.isDirectory else { return }
        for name in (try HostFile.names(in: path) ?? []).sorted() { try describe("\(path)/\(name)", into: &hash) }
    }
}

extension Digest {
    var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
