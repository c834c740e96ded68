import Glibc

/// `agent logs`: what was done on this machine.
enum LogsCommand {
    static func perform(_ words: [String]) async throws {
        let words = try Words(words, verb: "logs", options: ["-n"], flags: ["-f", "--follow"])
        let paths = try AgentPaths.standard()
        let path = (try? AgentConfiguration.load(paths))?.logPath ?? paths.log
        guard let count = Int(words["-n"] ?? "50"), count >= 0 else {
            throw AgentError(.usage, "`-n` is a number of lines, not `\(words["-n"] ?? "")`.")
        }
        let follows = words.has("-f") || words.has("--follow")
        guard LocalFile.exists(path) || follows else {
            throw AgentError(.machine, "There is no log at \(path): nothing was done yet.")
        }
        let bytes = LocalFile.read(path, limit: .max) ?? []
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        for line in lines.suffix(count) { Terminal.say(String(line)) }
        if follows { try await follow(path, from: bytes.count) }
    }

    /// Until the user has enough of it.
    private static func follow(_ path: String, from start: Int) async throws {
        var (position, node) = (off_t(start), inode(of: path))
        var rest: [UInt8] = []
        while true {
            let current = inode(of: path)
            if current != node {
                // A new file has taken its place.
                (position, node) = (0, current)
            }
            let (bytes, end) = read(path, from: position)
            position = end
            rest += bytes
            if let last = rest.lastIndex(of: UInt8(ascii: "\n")) {
                Terminal.say(String(decoding: rest[...last], as: UTF8.self))
                rest = Array(rest[(last + 1)...])
            }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    private static func inode(of path: String) -> ino_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_ino : nil
    }

    private static func read(_ path: String, from position: off_t) -> ([UInt8], off_t) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return ([], position) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = pread(descriptor, &buffer, buffer.count, position + off_t(bytes.count))
            guard count > 0 else { return (bytes, position + off_t(bytes.count)) }
            bytes += buffer[..<count]
        }
    }
}
