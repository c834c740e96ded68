import Crypto
import Glibc
import NIOConcurrencyHelpers
import ProviderKit

/// What an image is made of.
struct ResolvedImage: Sendable, Hashable {
    /// Directories, uppermost first.
    var layers: [String]
    /// Host paths shown at the same place.
    var hostPaths: [String]
}

/// Finds images and turns them into layers.
final class ImageStore: Sendable {
    /// The name of what boxes get that ask for no image.
    static let hostImage = "host"

    private let layers: LayerDirectory
    private let skeleton: Skeleton
    /// Made at start: looking at what it is copied from takes milliseconds.
    private let hostLayer: String
    private let baseLayer: String
    private let directories: [String]
    /// Digests of archives by path, size and time, so that each is read once.
    private let digests = NIOLockedValueBox<[String: String]>([:])

    init(configuration: LocalConfiguration) throws(DriverError) {
        layers = try LayerDirectory(path: configuration.layerDirectory)
        skeleton = try Skeleton(configuration: configuration)
        hostLayer = try skeleton.hostLayer(in: layers)
        baseLayer = try skeleton.baseLayer(in: layers)
        directories = configuration.imageDirectories
    }

    var host: ResolvedImage { ResolvedImage(layers: [hostLayer], hostPaths: skeleton.hostPaths) }

    /// The layers of an image: `host` or nil, or a directory or archive in one of the image directories.
    func resolve(_ image: String?) throws(DriverError) -> ResolvedImage {
        guard let image, image != Self.hostImage else {
            return host
        }
        let path = try find(image)
        guard let status = HostFile.status(path) else { throw DriverError(.invalid, "there is no image \(image)") }
        if status.isDirectory {
            let key = try Self.hash("\(path) \(Self.stamp("\(path)/etc/passwd")) \(Self.stamp("\(path)/etc/group"))")
            let identity = try skeleton.identityLayer(for: path, key: key, in: layers)
            return ResolvedImage(layers: [identity, path, baseLayer], hostPaths: [])
        }
        let digest = try digest(of: path, status)
        let root = try layers.make("image-\(digest)") { target throws(DriverError) in
            try Self.extract(path, into: target)
        }
        let identity = try skeleton.identityLayer(for: root, key: digest, in: layers)
        return ResolvedImage(layers: [identity, root, baseLayer], hostPaths: [])
    }

    /// Drops layers of earlier states of the host.
    func prune(keeping used: Set<String>) throws(DriverError) {
        try layers.prune(keeping: used.union([hostLayer, baseLayer]))
    }

    /// A path strictly inside an image directory, whatever symlinks and dots the name is made of.
    private func find(_ image: String) throws(DriverError) -> String {
        for directory in directories {
            guard let root = HostFile.realPath(directory) else { continue }
            for suffix in ["", ".tar", ".tar.gz", ".tar.zst"] {
                let candidate = image.hasPrefix("/") ? image + suffix : "\(directory)/\(image)\(suffix)"
                guard let path = HostFile.realPath(candidate), path.hasPrefix(root + "/") else { continue }
                return path
            }
        }
        throw DriverError(.invalid, "there is no image \(image) in this host's image directories")
    }

    private func digest(of path: String, _ status: stat) throws(DriverError) -> String {
        guard status.isRegular else { throw DriverError(.invalid, "an image is a directory or a tar archive") }
        let key = "\(path) \(Self.stamp(path))"
        if let known = digests.withLockedValue({ $0[key] }) { return known }
        let file = try HostDescriptor(opening: path, O_RDONLY)
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(file.rawValue, &buffer, buffer.count)
            guard count >= 0 else { throw .system("cannot read an image") }
            guard count > 0 else { break }
            buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        }
        let digest = hash.finalize().hexadecimal
        digests.withLockedValue { $0[key] = digest }
        return digest
    }

    /// Which file or directory a path leads to now.
    static func identity(_ path: String) -> String {
        var status = stat()
        return stat(path, &status) == 0 ? "\(status.st_dev) \(status.st_ino)" : "-"
    }

    static func stamp(_ path: String) -> String {
        guard let status = HostFile.status(path) else { return "-" }
        return "\(status.st_ino) \(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
    }

    private static func hash(_ text: String) throws(DriverError) -> String {
        String(SHA256.hash(data: Array(text.utf8)).hexadecimal.prefix(20))
    }

    /// Files that the archive's names lead out of the target are refused by tar itself.
    private static func extract(_ archive: String, into target: String) throws(DriverError) {
        var arguments = ["--extract", "--file", archive, "--directory", target, "--numeric-owner"]
        if archive.hasSuffix(".gz") || archive.hasSuffix(".tgz") { arguments.append("--gzip") }
        if archive.hasSuffix(".zst") { arguments.append("--zstd") }
        // Devices would be of no use: nothing in a box may open them.
        arguments +=
            geteuid() == 0 ? ["--same-owner", "--preserve-permissions"] : ["--no-same-owner", "--exclude=./dev/*"]
        do throws(DriverError) {
            try Tool.run("/usr/bin/tar", arguments)
        } catch {
            throw DriverError(.invalid, "the image's archive cannot be extracted: \(error.message)")
        }
    }
}
