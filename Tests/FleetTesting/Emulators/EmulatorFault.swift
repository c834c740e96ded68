/// What shall go wrong with requests to an emulator; one request meets at most one fault.
package struct EmulatorFault: Sendable, Encodable {
    package enum Kind: Sendable {
        /// It is done, then the connection breaks without a byte of the answer.
        case lostAnswer
        /// The connection breaks before anything is done.
        case refused
        /// 429 with `Retry-After`; nothing is done.
        case rateLimited(retryAfter: Int)
        /// This status, 400 or above; nothing is done.
        case status(Int)
        /// Waits so many seconds before it is done, and after.
        case slow(before: Double = 0, after: Double = 0)
        /// The connection breaks so many bytes after the head of the answer.
        case cut(bytes: Int)
        /// The connection stays open, and nothing more comes so many bytes after the head of the answer.
        case stalled(bytes: Int)
        /// The credentials have expired.
        case unauthorized
        /// The provider takes the box away, then answers.
        case reaped
        /// No answer ever comes.
        case silent(done: Bool)

        var name: String {
            switch self {
            case .lostAnswer: "lost-answer"
            case .refused: "refused"
            case .rateLimited: "rate-limited"
            case .status: "status"
            case .slow: "slow"
            case .cut: "cut"
            case .stalled: "stalled"
            case .unauthorized: "unauthorized"
            case .reaped: "reaped"
            case .silent: "silent"
            }
        }
    }

    package var kind: Kind
    /// `*` stands for all.
    package var method: String
    /// `*` in it stands for anything, slashes as well.
    package var path: String
    /// How many requests meet it; nil is all.
    package var count: Int?
    /// How many get through first.
    package var skip: Int

    package init(_ kind: Kind, _ method: String = "*", _ path: String = "*", count: Int? = 1, skip: Int = 0) {
        self.kind = kind
        self.method = method
        self.path = path
        self.count = count
        self.skip = skip
    }

    /// How often one has been met.
    package struct Count: Sendable, Decodable {
        package let kind: String
        /// Requests that matched, those included that got through.
        package let seen: Int
        package let applied: Int
    }

    private enum Key: String, CodingKey {
        case kind, method, path, count, always, skip, status, before, after, bytes, done
        case retryAfter = "retry_after"
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(kind.name, forKey: .kind)
        try fields.encode(method, forKey: .method)
        try fields.encode(path, forKey: .path)
        try fields.encode(skip, forKey: .skip)
        if let count {
            try fields.encode(count, forKey: .count)
        } else {
            try fields.encode(true, forKey: .always)
        }
        switch kind {
        case .rateLimited(let seconds): try fields.encode(seconds, forKey: .retryAfter)
        case .status(let status): try fields.encode(status, forKey: .status)
        case .slow(let before, let after):
            try fields.encode(before, forKey: .before)
            try fields.encode(after, forKey: .after)
        case .cut(let bytes), .stalled(let bytes): try fields.encode(bytes, forKey: .bytes)
        case .silent(let done): try fields.encode(done, forKey: .done)
        case .lostAnswer, .refused, .unauthorized, .reaped: break
        }
    }
}
