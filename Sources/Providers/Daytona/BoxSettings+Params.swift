import Foundation
import ProviderKit

extension DaytonaBoxSettings {
    /// What a sandbox may ask for by its `params`; the same words as the variables have.
    static let params = [
        "autoArchiveMinutes", "autoStopMinutes", "labels", "language", "public", "snapshot", "user", "volumes",
    ]

    private static let mountLimit = 16
    private static let languages = ["python", "typescript", "javascript"]

    /// As one sandbox wants them: what it does not say stays as the fleet has it, and labels and volumes are added.
    ///
    /// - Throws: `invalid` that names the parameter which cannot be read.
    func with(_ params: [String: String]?) throws(DriverError) -> DaytonaBoxSettings {
        guard let params, !params.isEmpty else { return self }
        let names = [
            "autoArchiveMinutes": "AUTO_ARCHIVE_MINUTES", "autoStopMinutes": "AUTO_STOP_MINUTES", "labels": "LABELS",
            "language": "LANGUAGE", "public": "PUBLIC", "snapshot": "SNAPSHOT", "user": "USER", "volumes": "VOLUMES",
        ]
        func text(_ name: String) -> String? { names.first { $0.value == name }.flatMap { params[$0.key] } }
        if let unknown = params.keys.sorted().first(where: { names[$0] == nil }) {
            throw DriverError(.invalid, "Daytona has no parameter '\(unknown.prefix(64))'.")
        }
        for (name, value) in params.sorted(by: { $0.key < $1.key })
        where value.isEmpty || value.contains(where: \.isNewline) {
            throw DriverError(.invalid, "The parameter '\(name)' has to be one line that is not empty.")
        }
        let asked: DaytonaBoxSettings
        do {
            asked = try DaytonaBoxSettings(reading: text) { name, what in
                let param = names.first { $0.value == name }?.key ?? name
                return CredentialError("The parameter '\(param)' has to be \(what).")
            }
        } catch {
            throw DriverError(.invalid, error.message)
        }
        guard asked.language.map(Self.languages.contains) ?? true else {
            throw DriverError(.invalid, "The parameter 'language' has to be \(Self.languages.joined(separator: ", ")).")
        }
        // What the fleet itself saves is somebody's, and an id does not show whose it is.
        guard asked.snapshot.map({ UUID(uuidString: $0) == nil }) ?? true else {
            throw DriverError(.invalid, "The parameter 'snapshot' has to be a name, not an id.")
        }
        guard asked.snapshot.map({ !$0.hasPrefix(OwnNames.prefix) }) ?? true else {
            throw DriverError(.invalid, "The parameter 'snapshot' names one that the fleet keeps for itself.")
        }
        guard asked.mounts.count <= Self.mountLimit else {
            throw DriverError(.invalid, "The parameter 'volumes' names more than \(Self.mountLimit).")
        }
        guard !asked.labels.keys.contains(where: { $0.hasPrefix("sandfleet-") }) else {
            throw DriverError(.invalid, "The parameter 'labels' has a name that the fleet keeps for itself.")
        }
        var settings = self
        settings.snapshot = asked.snapshot ?? snapshot
        settings.language = asked.language ?? language
        settings.user = asked.user ?? user
        settings.labels.merge(asked.labels) { $1 }
        if params["public"] != nil { settings.isPublic = asked.isPublic }
        settings.autoStopMinutes = asked.autoStopMinutes ?? autoStopMinutes
        settings.autoArchiveMinutes = asked.autoArchiveMinutes ?? autoArchiveMinutes
        settings.mounts = mounts.filter { mount in !asked.mounts.contains { $0.path == mount.path } } + asked.mounts
        return settings
    }
}
