import Configuration
import FoundationEssentials
import SystemPackage

/// The settings of one process: the environment first, then the JSON file, then the defaults.
package struct ServiceSettings: Sendable {
    private let reader: ConfigReader
    private let deletions: DeleteOnStop

    /// Reads the environment, and a JSON file when there is one: an object in it is one part of the keys' names.
    package init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        file: String? = nil
    ) async throws(ServiceHostError) {
        guard let file else {
            self.init(values: environment)
            return
        }
        do {
            let provider = try await FileProvider<JSONSnapshot>(filePath: FilePath(file))
            self.init(values: environment, others: [provider])
        } catch {
            // The parser's message may quote the file, which holds secrets.
            throw ServiceHostError(.configuration, "The configuration file cannot be read as a JSON object: \(file)")
        }
    }

    /// Settings from environment variables alone.
    package init(values: [String: String]) {
        self.init(values: values, others: [])
    }

    private init(values: [String: String], others: [any ConfigProvider]) {
        var values = values
        deletions = DeleteOnStop(environment: values)
        // The name that the callers of other sandbox services know.
        if let provider = values["SANDBOX_PROVIDER"], !provider.isEmpty {
            values[ConfigurationKey.defaultProvider.environmentVariable] = provider
        }
        let secrets = Set(ConfigurationKey.all.filter(\.isSecret).map(\.environmentVariable))
        let environment = EnvironmentVariablesProvider(
            environmentVariables: values,
            secretsSpecifier: .specific(secrets)
        )
        reader = ConfigReader(providers: [environment.prefixKeys(with: "sandfleet")] + others)
    }

    /// The setting, or its default.
    package func optional(_ key: ConfigurationKey) -> String? {
        let value = reader.string(forKey: key.configKey, isSecret: key.isSecret)
        return value.flatMap { $0.isEmpty ? nil : $0 } ?? key.defaultValue
    }

    package func string(_ key: ConfigurationKey) throws(ServiceHostError) -> String {
        guard let value = optional(key) else {
            throw ServiceHostError(.configuration, "\(key.environmentVariable) is not set.")
        }
        return value
    }

    package func integer(_ key: ConfigurationKey, in range: ClosedRange<Int>) throws(ServiceHostError) -> Int {
        // A JSON file may hold it as a number.
        let text = reader.int(forKey: key.configKey).map { String($0) } ?? optional(key)
        guard let text, let value = Int(text), range.contains(value) else {
            let bounds = "\(range.lowerBound) to \(range.upperBound)"
            throw ServiceHostError(.configuration, "\(key.environmentVariable) has to be a whole number, \(bounds).")
        }
        return value
    }

    package func milliseconds(_ key: ConfigurationKey) throws(ServiceHostError) -> Duration {
        .milliseconds(try integer(key, in: 1...86_400_000))
    }

    /// One of the words of an enumeration.
    package func word<Word: RawRepresentable & CaseIterable>(_ key: ConfigurationKey) throws(ServiceHostError) -> Word
    where Word.RawValue == String {
        guard let word = Word(rawValue: try string(key)) else {
            let words = Word.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            throw ServiceHostError(.configuration, "\(key.environmentVariable) has to be one of \(words).")
        }
        return word
    }

    /// Words between commas.
    package func list(_ key: ConfigurationKey) throws(ServiceHostError) -> [String] {
        try string(key).split(separator: ",").map { $0.trimmingSpace }.filter { !$0.isEmpty }
    }

    /// Whose sandboxes are deleted when they stop, unless their creation says otherwise.
    package func deleteOnStop() throws(ServiceHostError) -> DeleteOnStop {
        try deletions.checked(with: optional(.deleteOnStop) == nil ? [] : try list(.deleteOnStop))
    }

    /// A secret that is set itself, or as a file that holds it; files beat environment dumps.
    package func secret(_ key: ConfigurationKey, orFile file: ConfigurationKey) throws(ServiceHostError) -> String? {
        if let value = optional(key) { return value }
        guard let path = optional(file) else { return nil }
        return String(decoding: try bytes(path), as: UTF8.self).trimmingSpace
    }

    /// What a file holds that has to be named, without white space around it.
    package func fileText(_ key: ConfigurationKey) throws(ServiceHostError) -> String {
        String(decoding: try bytes(try string(key)), as: UTF8.self).trimmingSpace
    }

    func bytes(_ path: String) throws(ServiceHostError) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw ServiceHostError(.configuration, "Cannot read \(path).")
        }
    }

    /// What the process runs with, secrets hidden, for its first log line.
    package func effective(for service: String) -> [String: String] {
        var shown: [String: String] = [:]
        for key in ConfigurationKey.all where key.services.contains(service) {
            guard let value = reader.int(forKey: key.configKey).map({ String($0) }) ?? optional(key) else { continue }
            shown[key.name] = key.isSecret ? "(secret)" : value
        }
        if ConfigurationKey.deleteOnStop.services.contains(service), let all = (try? deleteOnStop())?.description {
            shown[ConfigurationKey.deleteOnStop.name] = all
        }
        return shown
    }
}

extension StringProtocol {
    var trimmingSpace: String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace || $0.isNewline }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
