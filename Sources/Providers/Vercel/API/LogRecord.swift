/// One line of a command's log.
struct LogRecord: Decodable, Sendable {
    enum Content: Sendable {
        case stdout(String)
        case stderr(String)
        /// Said in band: the session is over, or the stream is.
        case failure(code: String, message: String)
        /// The command, as it is at the beginning or at the end.
        case command(CommandDocument)
        /// Of a later version.
        case unknown
    }

    private struct Failure: Decodable {
        let code: String
        let message: String?
    }

    private enum Key: CodingKey {
        case stream
        case data
        case command
    }

    let content: Content

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        if let command = try fields.decodeIfPresent(CommandDocument.self, forKey: .command) {
            content = .command(command)
            return
        }
        switch try fields.decodeIfPresent(String.self, forKey: .stream) {
        case "stdout": content = .stdout(try fields.decode(String.self, forKey: .data))
        case "stderr": content = .stderr(try fields.decode(String.self, forKey: .data))
        case "error":
            let failure = try fields.decode(Failure.self, forKey: .data)
            content = .failure(code: failure.code, message: failure.message ?? failure.code)
        default: content = .unknown
        }
    }
}
