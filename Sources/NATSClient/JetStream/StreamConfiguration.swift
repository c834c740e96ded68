/// What a stream captures and how long it keeps it.
///
/// Sizes are bytes, -1 is unlimited.
package struct StreamConfiguration: Sendable, Hashable {
    package enum Storage: String, Sendable, Codable {
        case file
        case memory
    }

    package enum Retention: String, Sendable, Codable {
        case limits
        case interest
        case workQueue = "workqueue"
    }

    /// What a full stream gives up.
    package enum Discard: String, Sendable, Codable {
        case old
        /// A publish is refused with `.storeFailed`.
        case new
    }

    package var name: String
    package var subjects: [String]
    package var summary: String?
    package var retention: Retention = .limits
    package var storage: Storage = .file
    package var discard: Discard = .old
    package var maximumBytes: Int64 = -1
    package var maximumMessages: Int64 = -1
    package var maximumMessagesPerSubject: Int64 = -1
    package var maximumMessageSize: Int32 = -1
    /// Zero is forever.
    package var maximumAge: Duration = .zero
    package var duplicateWindow: Duration?
    package var replicas: Int = 1
    /// Lets every replica answer reads by sequence and subject.
    package var allowsDirectRead: Bool = true
    package var deniesDelete: Bool = false
    package var deniesPurge: Bool = false

    package init(name: String, subjects: [String]) {
        self.name = name
        self.subjects = subjects
    }
}

extension StreamConfiguration: Codable {
    private enum CodingKeys: String, CodingKey {
        case name
        case subjects
        case summary = "description"
        case retention
        case storage
        case discard
        case maximumBytes = "max_bytes"
        case maximumMessages = "max_msgs"
        case maximumMessagesPerSubject = "max_msgs_per_subject"
        case maximumMessageSize = "max_msg_size"
        case maximumAge = "max_age"
        case duplicateWindow = "duplicate_window"
        case replicas = "num_replicas"
        case allowsDirectRead = "allow_direct"
        case deniesDelete = "deny_delete"
        case deniesPurge = "deny_purge"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        subjects = try values.decodeIfPresent([String].self, forKey: .subjects) ?? []
        summary = try values.decodeIfPresent(String.self, forKey: .summary)
        retention = try values.decode(Retention.self, forKey: .retention)
        storage = try values.decode(Storage.self, forKey: .storage)
        discard = try values.decode(Discard.self, forKey: .discard)
        maximumBytes = try values.decode(Int64.self, forKey: .maximumBytes)
        maximumMessages = try values.decode(Int64.self, forKey: .maximumMessages)
        maximumMessagesPerSubject = try values.decodeIfPresent(Int64.self, forKey: .maximumMessagesPerSubject) ?? -1
        maximumMessageSize = try values.decodeIfPresent(Int32.self, forKey: .maximumMessageSize) ?? -1
        maximumAge = .nanoseconds(try values.decode(Int64.self, forKey: .maximumAge))
        duplicateWindow = try values.decodeIfPresent(Int64.self, forKey: .duplicateWindow).map { .nanoseconds($0) }
        replicas = try values.decode(Int.self, forKey: .replicas)
        allowsDirectRead = try values.decodeIfPresent(Bool.self, forKey: .allowsDirectRead) ?? false
        deniesDelete = try values.decodeIfPresent(Bool.self, forKey: .deniesDelete) ?? false
        deniesPurge = try values.decodeIfPresent(Bool.self, forKey: .deniesPurge) ?? false
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(name, forKey: .name)
        try values.encode(subjects, forKey: .subjects)
        try values.encodeIfPresent(summary, forKey: .summary)
        try values.encode(retention, forKey: .retention)
        try values.encode(storage, forKey: .storage)
        try values.encode(discard, forKey: .discard)
        try values.encode(maximumBytes, forKey: .maximumBytes)
        try values.encode(maximumMessages, forKey: .maximumMessages)
        try values.encode(maximumMessagesPerSubject, forKey: .maximumMessagesPerSubject)
        try values.encode(maximumMessageSize, forKey: .maximumMessageSize)
        try values.encode(maximumAge.nanoseconds, forKey: .maximumAge)
        try values.encodeIfPresent(duplicateWindow?.nanoseconds, forKey: .duplicateWindow)
        try values.encode(replicas, forKey: .replicas)
        try values.encode(allowsDirectRead, forKey: .allowsDirectRead)
        try values.encode(deniesDelete, forKey: .deniesDelete)
        try values.encode(deniesPurge, forKey: .deniesPurge)
    }
}
