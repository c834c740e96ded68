/// What an account may use; -1 is no limit of the account's own.
package struct AccountLimits: Codable, Sendable, Hashable {
    package var subscriptions = -1
    package var data = -1
    package var payload = -1
    package var connections = -1
    package var leafNodes = -1
    package var imports = -1
    package var exports = -1
    package var wildcardExports = true
    /// JetStream: 0 turns it off.
    package var memoryStorage: Int
    package var diskStorage: Int
    package var streams: Int
    package var consumers: Int

    /// No limits, and JetStream or not.
    package init(jetStream: Bool) {
        let storage = jetStream ? -1 : 0
        (memoryStorage, diskStorage, streams, consumers) = (storage, storage, storage, storage)
    }

    private enum CodingKeys: String, CodingKey {
        case subscriptions = "subs"
        case data, payload
        case connections = "conn"
        case leafNodes = "leaf"
        case imports, exports
        case wildcardExports = "wildcards"
        case memoryStorage = "mem_storage"
        case diskStorage = "disk_storage"
        case streams
        case consumers = "consumer"
    }

    /// A limit that is not named is 0.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func limit(_ key: CodingKeys) throws -> Int { try container.decodeIfPresent(Int.self, forKey: key) ?? 0 }
        subscriptions = try limit(.subscriptions)
        data = try limit(.data)
        payload = try limit(.payload)
        connections = try limit(.connections)
        leafNodes = try limit(.leafNodes)
        imports = try limit(.imports)
        exports = try limit(.exports)
        wildcardExports = try container.decodeIfPresent(Bool.self, forKey: .wildcardExports) ?? false
        memoryStorage = try limit(.memoryStorage)
        diskStorage = try limit(.diskStorage)
        streams = try limit(.streams)
        consumers = try limit(.consumers)
    }
}
