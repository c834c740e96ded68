import ArchiveStore
import Foundation
import NIOCore

/// Lends a store on an empty directory of its own to `body`.
func withStore<Result>(_ body: (DirectoryArchiveStore, String) async throws -> Result) async throws -> Result {
    let root = FileManager.default.temporaryDirectory.appending(path: "archive-\(UUID())").path
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: root) }
    return try await body(DirectoryArchiveStore(root), root)
}

extension ArchiveStore {
    func bytes(_ name: String) async throws -> [UInt8] {
        Array(try await get(name).collect(upTo: 1 << 30).readableBytesView)
    }

    func text(_ name: String) async throws -> String {
        String(decoding: try await bytes(name), as: UTF8.self)
    }

    func names(_ prefix: String) async throws -> [String] {
        var names: [String] = []
        for try await name in try await list(prefix) { names.append(name) }
        return names.sorted()
    }
}

/// Everything below a directory, folders with a slash at the end.
func everything(below root: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root).sorted()
}

/// Resident memory of this process in bytes.
func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
        let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { throw NoMeasure() }
    return kilobytes * 1024
}

struct NoMeasure: Error {}
struct Interruption: Error {}
