/// Why a call failed: what the fleet said, or what kept it from being asked.
public struct SandfleetError: Error, Sendable, CustomStringConvertible {
    /// A stable word for what went wrong; the fleet may use words that this version does not name.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The word itself.
        public let rawValue: String

        /// Wraps a word.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    /// What went wrong, to branch on.
    public let code: Code
    /// One sentence for a person.
    public let message: String
    /// What to do about it, when there is something.
    public let hint: String?
    /// The HTTP status; nil when there was no response.
    public let status: Int?
    /// The fleet's id of the request, for its logs.
    public let requestID: String?
    /// Seconds after which the fleet says to try again.
    public let retryAfter: Int?
    /// What else the fleet says, by its own names, as in `offset` or `lastSeq`.
    public let details: [String: JSONValue]
    /// False only when the request surely never reached the fleet; then repeating it is safe.
    public let mayHaveBeenDelivered: Bool

    init(
        _ code: Code,
        _ message: String,
        hint: String? = nil,
        status: Int? = nil,
        requestID: String? = nil,
        retryAfter: Int? = nil,
        details: [String: JSONValue] = [:],
        mayHaveBeenDelivered: Bool = true
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.status = status
        self.requestID = requestID
        self.retryAfter = retryAfter
        self.details = details
        self.mayHaveBeenDelivered = mayHaveBeenDelivered
    }

    /// The code and the message.
    public var description: String { "\(code.rawValue): \(message)" }
}
