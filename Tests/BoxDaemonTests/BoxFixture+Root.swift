import BoxClient
import Foundation
import Testing

extension BoxFixture {
    /// Lends a keeper with a root, `work` in the directory, beside `outside`, which nobody may touch.
    static func withRoot(_ body: (BoxFixture, String) async throws -> Void) async throws {
        let directory = NSTemporaryDirectory() + "root-" + UUID().uuidString
        let files = FileManager.default
        try files.createDirectory(atPath: directory + "/inner/real", withIntermediateDirectories: true)
        try files.createDirectory(atPath: directory + "/outside/tree/sub", withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: directory) }
        try Data("inside".utf8).write(to: URL(fileURLWithPath: directory + "/inner/file"))
        for name in ["file", "secret", "tree/file", "tree/sub/file"] {
            try Data("outside".utf8).write(to: URL(fileURLWithPath: directory + "/outside/" + name))
        }
        let before = try snapshot(directory + "/outside")
        let options = ["--keeper", "--root", directory + "/inner"]
        try await with(options: options, in: directory) { box in try await body(box, directory) }
        #expect(try snapshot(directory + "/outside") == before)
    }

    /// Everything below with its contents and the times of its changes, and of the directories'.
    private static func snapshot(_ directory: String) throws -> [String: String] {
        var all: [String: String] = [:]
        for name in [""] + (try FileManager.default.subpathsOfDirectory(atPath: directory)) {
            let path = directory + "/" + name
            var status = stat()
            #expect(lstat(path, &status) == 0)
            let contents = try? String(contentsOfFile: path, encoding: .utf8)
            let change = "\(status.st_ctim.tv_sec) \(status.st_ctim.tv_nsec)"
            all[name] = "\(status.st_ino) \(status.st_mode) \(change) \(contents ?? "")"
        }
        return all
    }
}

extension BoxCommand {
    static func program(_ arguments: String..., in directory: String) -> BoxCommand {
        var command = BoxCommand(id: UUID().uuidString, arguments: arguments)
        command.workingDirectory = directory
        return command
    }
}
