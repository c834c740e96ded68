import Crypto
import Foundation
package import Model
package import NIOCore
package import ProviderKit

/// The executable that goes along into boxes of providers whose hosts are not ours: `boxd`, linked statically.
package struct DaemonProgram: Sendable {
    /// What a box's kernel says its processor is (`uname -m`).
    package let machine: String
    /// `boxd-` and 16 hexadecimal digits of its SHA-256: another version has another name.
    package let name: String
    package let bytes: ByteBuffer

    /// Reads it from this host.
    ///
    /// - Throws: `invalid` when there is no such file, or it is not an executable for Linux.
    package static func load(path: String) throws(DriverError) -> DaemonProgram {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw DriverError(.invalid, "boxd, which goes along into boxes, cannot be read at \(path)")
        }
        return try DaemonProgram(data, path: path)
    }

    private init(_ data: Data, path: String) throws(DriverError) {
        guard let machine = Self.machine(of: data) else {
            throw DriverError(.invalid, "\(path) is not an executable for Linux")
        }
        self.machine = machine
        let digest = SHA256.hash(data: data).prefix(8)
            .map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }
        name = "boxd-\(digest.joined())"
        bytes = ByteBuffer(bytes: data)
    }

    /// By the header of the ELF file (`e_machine`, 2 bytes at 18, little endian).
    private static func machine(of data: Data) -> String? {
        let header = [UInt8](data.prefix(20))
        guard header.count == 20, header.starts(with: [0x7f, 0x45, 0x4c, 0x46]) else { return nil }
        switch UInt16(header[18]) | UInt16(header[19]) << 8 {
        case 62: return "x86_64"
        case 183: return "aarch64"
        default: return nil
        }
    }

    /// What is executed in a box, by its path there, to speak with its daemon; one is started when none runs.
    ///
    /// - Parameters:
    ///   - path: Where the executable lies in the box.
    ///   - directory: For the daemons of all sandboxes that this box, and those it was copied from, has been; each sandbox gets
    ///     its own in it, so that a copy does not meet the fence of its origin.
    ///   - isText: The channel carries lines of text only.
    package static func relayArguments(
        path: String,
        directory: String,
        sandbox: SandboxID,
        workspace: String = "/workspace",
        home: String? = nil,
        isText: Bool = false
    ) -> [String] {
        [path, "relay", "--directory", "\(directory)/\(sandbox)", "--workspace", workspace]
            + (home.map { ["--home", $0] } ?? []) + (isText ? ["--text"] : [])
    }
}
