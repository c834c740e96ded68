/// What a user may do, in its own token or in the template of the key that signs it.
///
/// In a template `{{name()}}` and `{{tag(key)}}` stand for the user's name and for its tag `key:…`.
package struct UserPermissions: Codable, Sendable, Hashable {
    /// Answers to requests that it received, without a grant on the asker's inbox.
    package struct Responses: Codable, Sendable, Hashable {
        package var max: Int
        /// Nanoseconds.
        package var ttl: Int64

        package init(max: Int, within seconds: Int64) {
            self.max = max
            ttl = seconds * 1_000_000_000
        }
    }

    package var publish: SubjectLists
    package var subscribe: SubjectLists
    package var responses: Responses?
    /// Limits; -1 is none, 0 says nothing.
    package var subscriptions: Int
    package var data: Int
    package var payload: Int

    package init(publish: SubjectLists, subscribe: SubjectLists, responses: Responses? = nil, payload: Int = -1) {
        self.publish = publish
        self.subscribe = subscribe
        self.responses = responses
        self.payload = payload
        (subscriptions, data) = (-1, -1)
    }

    /// Says nothing at all, as a user has to whose key is scoped: the server refuses it otherwise.
    package static let unsaid = {
        var permissions = UserPermissions(publish: SubjectLists(), subscribe: SubjectLists())
        (permissions.subscriptions, permissions.data, permissions.payload) = (0, 0, 0)
        return permissions
    }()

    private enum CodingKeys: String, CodingKey {
        case publish = "pub"
        case subscribe = "sub"
        case responses = "resp"
        case subscriptions = "subs"
        case data, payload
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        publish = try container.decodeIfPresent(SubjectLists.self, forKey: .publish) ?? SubjectLists()
        subscribe = try container.decodeIfPresent(SubjectLists.self, forKey: .subscribe) ?? SubjectLists()
        responses = try container.decodeIfPresent(Responses.self, forKey: .responses)
        subscriptions = try container.decodeIfPresent(Int.self, forKey: .subscriptions) ?? 0
        data = try container.decodeIfPresent(Int.self, forKey: .data) ?? 0
        payload = try container.decodeIfPresent(Int.self, forKey: .payload) ?? 0
    }
}
