import CLinux
import Glibc

/// Tells whoever runs `agent status` on this machine how the run is doing.
enum StatusSocket {
    /// Serves until the process ends, on a thread of its own.
    static func serve(_ path: String, _ content: @escaping @Sendable () -> String) throws(AgentError) {
        unlink(path)
        let listener = linux_listen(path, 8)
        guard listener >= 0, chmod(path, 0o600) == 0, fcntl(listener, F_SETFL, 0) == 0 else {
            throw .system("Cannot listen at \(path)")
        }
        try OwnThread.start("agent-status") {
            while true {
                let client = linux_accept(listener)
                guard client >= 0 else {
                    if errno == EINTR || errno == ECONNABORTED { continue }
                    return
                }
                // So little that the socket takes it at once.
                _ = LocalFile.writeAll(client, Array(content().utf8))
                close(client)
            }
        }
    }

    /// What the running agent says; nil when none answers.
    static func ask(_ path: String) -> String? {
        let socket = linux_connect(path)
        guard socket >= 0 else { return nil }
        defer { close(socket) }
        guard fcntl(socket, F_SETFL, 0) == 0 else { return nil }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(socket, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            text.append(contentsOf: buffer[..<count])
        }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }
}
