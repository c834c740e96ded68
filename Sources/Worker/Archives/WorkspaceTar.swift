import Model
import NIOCore
import ProviderKit

/// The files of a box that a portable archive holds: the workspace as `workspace`, the home directory as `home`, wherever the
/// box has them.
struct WorkspaceTar: Sendable {
    static let workspace = "workspace"
    static let home = "home"
    static let directory = "/workspace"

    let box: any Box
    /// Below `/`, without its slash; nil when it is no directory of its own.
    let homePath: String?

    init(_ box: any Box) async throws {
        self.box = box
        homePath = try await Self.findHome(of: box)
    }

    func pack(output: (ByteBuffer) async throws -> Void) async throws {
        var arguments = ["tar", "--create", "--file=-", "--directory=/", "--warning=no-file-changed"]
        if let homePath { arguments += [Self.transform(homePath, to: Self.home)] }
        arguments += ["--", Self.workspace] + [homePath].compactMap { $0 }
        // 1: a file changed while it was read. The box goes on running, so that is its programs' own doing.
        try await BoxTool(box: box, arguments: arguments)
            .pack(expecting: [0, 1], "pack the workspace", output: output)
    }

    /// Files go where this box has its home; a box without one leaves them out.
    func unpack(input: @escaping @Sendable () async throws -> ByteBuffer?) async throws {
        var arguments = ["tar", "--extract", "--no-same-owner", "--file=-", "--directory=/"]
        if let homePath {
            arguments += [Self.transform(Self.home, to: homePath)]
        } else {
            arguments += ["--anchored", "--exclude=\(Self.home)"]
        }
        try await BoxTool(box: box, arguments: arguments).pack("unpack the workspace", input: input)
    }

    /// Names of entries and of what hard links lead to; symbolic links say what they said.
    private static func transform(_ path: String, to other: String) -> String {
        #"--transform=flags=rSh;s,^\#(escaped(path))\(/\|$\),\#(escaped(other))\1,"#
    }

    private static func escaped(_ path: String) -> String {
        path.map { #"\.*[]^$&,;"#.contains($0) ? #"\\#($0)"# : String($0) }.joined()
    }

    private static func findHome(of box: any Box) async throws -> String? {
        var output = ByteBuffer()
        let shell = BoxTool(box: box, arguments: ["sh", "-c", #"[ -d "$HOME" ] && cd "$HOME" && pwd -P"#])
        let outcome = try await shell.run(output: { bytes in
            if output.readableBytes < 4_096 { output.writeImmutableBuffer(bytes) }
        })
        guard outcome.code == 0 else { return nil }
        let path = String(buffer: output).split(separator: "\n").first.map(String.init) ?? ""
        let isOwn = path.hasPrefix("/") && path != "/" && path != directory && !path.hasPrefix("\(directory)/")
        return isOwn ? String(path.dropFirst()) : nil
    }
}
