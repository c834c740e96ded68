package import ProviderKit

/// What the fleet's boxes at Daytona are like, where a sandbox does not say it.
package struct DaytonaBoxSettings: Sendable, Hashable {
    /// A disk that outlives boxes, and where they see it.
    package struct Mount: Sendable, Hashable {
        /// An id, or a name; one that does not exist is made.
        package var volume: String
        package var path: String
        package var subpath: String?

        package init(volume: String, path: String, subpath: String? = nil) {
            self.volume = volume
            self.path = path
            self.subpath = subpath
        }
    }

    /// The provider's own default when neither this nor an image is given.
    package var snapshot: String?
    package var image: String?
    package var language: String?
    package var user: String?
    package var labels: [String: String]
    /// Whether their ports are everybody's.
    package var isPublic: Bool
    /// They are deleted as soon as they stop.
    package var isEphemeral: Bool
    /// Without use until they stop, and stopped until they are archived, in minutes; nil is as the provider has it.
    package var autoStopMinutes: Int?
    package var autoArchiveMinutes: Int?
    package var mounts: [Mount]

    package init(
        snapshot: String? = nil,
        image: String? = nil,
        language: String? = nil,
        user: String? = nil,
        labels: [String: String] = [:],
        isPublic: Bool = false,
        isEphemeral: Bool = false,
        autoStopMinutes: Int? = nil,
        autoArchiveMinutes: Int? = nil,
        mounts: [Mount] = []
    ) {
        self.snapshot = snapshot
        self.image = image
        self.language = language
        self.user = user
        self.labels = labels
        self.isPublic = isPublic
        self.isEphemeral = isEphemeral
        self.autoStopMinutes = autoStopMinutes
        self.autoArchiveMinutes = autoArchiveMinutes
        self.mounts = mounts
    }

    /// From the variables `SANDBOX_DAYTONA_…`; one that is empty counts as not set.
    ///
    /// - Throws: `CredentialError` that names the variable that cannot be read.
    package init(environment: [String: String]) throws(CredentialError) {
        try self.init(
            reading: { name in environment["SANDBOX_DAYTONA_\(name)"].flatMap { $0.isEmpty ? nil : $0 } },
            refusal: { name, what in CredentialError("SANDBOX_DAYTONA_\(name) has to be \(what).") }
        )
    }

    /// - Parameters:
    ///   - text: What is said under a name, nil for nothing.
    ///   - refusal: Says what a name's value has to be.
    init(
        reading text: (_ name: String) -> String?,
        refusal: (_ name: String, _ what: String) -> CredentialError
    ) throws(CredentialError) {
        self.init()
        func flag(_ name: String) throws(CredentialError) -> Bool {
            switch text(name)?.lowercased() {
            case nil, "false", "0": false
            case "true", "1": true
            default: throw refusal(name, "true or false")
            }
        }
        func minutes(_ name: String) throws(CredentialError) -> Int? {
            guard let text = text(name) else { return nil }
            guard let minutes = Int(text), minutes >= 0 else { throw refusal(name, "a number of minutes") }
            return minutes
        }
        snapshot = text("SNAPSHOT")
        image = text("IMAGE")
        guard snapshot == nil || image == nil else { throw refusal("IMAGE", "empty where there is a snapshot") }
        language = text("LANGUAGE")
        user = text("USER")
        isPublic = try flag("PUBLIC")
        isEphemeral = try flag("EPHEMERAL")
        autoStopMinutes = try minutes("AUTO_STOP_MINUTES")
        autoArchiveMinutes = try minutes("AUTO_ARCHIVE_MINUTES")
        for entry in (text("LABELS") ?? "").split(separator: ",") {
            guard let equals = entry.firstIndex(of: "="), equals != entry.startIndex else {
                throw refusal("LABELS", "name=value, between commas")
            }
            labels[String(entry[..<equals])] = String(entry[equals...].dropFirst())
        }
        for entry in (text("VOLUMES") ?? "").split(separator: ",") {
            let parts = entry.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard (2...3).contains(parts.count), !parts[0].isEmpty, parts[1].hasPrefix("/") else {
                throw refusal("VOLUMES", "volume:/path or volume:/path:subpath, between commas")
            }
            mounts.append(Mount(volume: parts[0], path: parts[1], subpath: parts.count == 3 ? parts[2] : nil))
        }
    }
}
