package import Bus
import Crypto
import FoundationEssentials
package import Model
package import PostgresClient
package import Store

extension ServiceSettings {
    package func fleet() throws(ServiceHostError) -> FleetID {
        guard let fleet = FleetID(try string(.fleetID)) else {
            throw ServiceHostError(.configuration, "\(ConfigurationKey.fleetID.environmentVariable) is not an id.")
        }
        return fleet
    }

    package func bus(role: BusRole) throws(ServiceHostError) -> BusConfiguration {
        let urls = try list(.natsURL)
        if let file = optional(.natsCredentials) { return BusConfiguration(urls: urls, credentialsFile: file) }
        return BusConfiguration(
            urls: urls,
            user: optional(.natsUser) ?? role.name,
            password: try secret(.natsPassword, orFile: .natsPasswordFile) ?? ""
        )
    }

    package func postgres(service: String) throws(ServiceHostError) -> PostgresConfiguration {
        var configuration = PostgresConfiguration(connectionString: try string(.postgresURL))
        configuration.poolSize = try integer(.postgresPoolSize, in: 1...256)
        configuration.applicationName = "sandfleet/\(service)"
        return configuration
    }

    /// The sealer of environments: 32 raw bytes in a file, or their base64 form as a setting.
    package func sealer() throws(ServiceHostError) -> EnvironmentSealer {
        let bytes: [UInt8]
        if let text = optional(.sealingKey) {
            guard let decoded = Data(base64Encoded: text) else {
                throw ServiceHostError(.configuration, "The sealing key is not base64.")
            }
            bytes = Array(decoded)
        } else {
            bytes = try self.bytes(try string(.sealingKeyFile))
        }
        do {
            return try EnvironmentSealer(key: SymmetricKey(data: bytes))
        } catch {
            throw ServiceHostError(.configuration, error.message)
        }
    }
}
