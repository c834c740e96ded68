/// The environment variables that the supervisor configures the services with.
package enum ServiceEnvironment {
    package static let natsURL = "SANDFLEET_NATS_URL"
    package static let natsCredentials = "SANDFLEET_NATS_CREDENTIALS"
    /// Gateway: the seed that signs accounts of the bus, the system account's user, and the fleet's account.
    package static let natsOperatorKeyFile = "SANDFLEET_NATS_OPERATOR_KEY_FILE"
    package static let natsSystemCredentials = "SANDFLEET_NATS_SYSTEM_CREDENTIALS"
    package static let natsAccount = "SANDFLEET_NATS_ACCOUNT"
    /// Gateway: where agents are told that the bus is.
    package static let agentNATSURL = "SANDFLEET_AGENT_NATS_URL"
    package static let postgresURL = "SANDFLEET_POSTGRES_URL"
    package static let sealingKeyFile = "SANDFLEET_SEALING_KEY_FILE"
    package static let fleetID = "SANDFLEET_FLEET_ID"
    /// Gateway: host and port.
    package static let listen = "SANDFLEET_LISTEN"
    /// Gateway: the first API key.
    package static let apiKeyFile = "SANDFLEET_API_KEY_FILE"
    /// Gateway: the provider of a request that names none.
    package static let defaultProvider = "SANDFLEET_DEFAULT_PROVIDER"
    /// Worker: where it keeps its boxes.
    package static let data = "SANDFLEET_DATA"
    package static let workerName = "SANDFLEET_WORKER_NAME"
    /// Worker: comma-separated.
    package static let providers = "SANDFLEET_PROVIDERS"
    /// Worker: the path of the executable that is pid 1 of a box.
    package static let boxd = "SANDFLEET_BOXD"
    /// Worker: the most bytes of the stream of all output.
    package static let outputBytes = "SANDFLEET_OUTPUT_STREAM_BYTES"
    /// Gateway and reaper: where output goes that is over.
    package static let archive = "SANDFLEET_ARCHIVE"
    /// Worker: what becomes of its boxes when it stops in order.
    package static let workerOnStop = "SANDFLEET_WORKER_ON_STOP"
    /// Worker and reaper: a file to make once they serve; they have no port to ask.
    package static let readyFile = "SANDFLEET_READY_FILE"
    /// Settings of the caller's own that would take precedence over a file of ours, or are meant for the command line.
    package static let withheld = [
        "SANDFLEET_API_KEY", "SANDFLEET_NATS_PASSWORD", "SANDFLEET_SEALING_KEY", "SANDFLEET_URL", data,
    ]
    /// Every child: the data directory of the `up` that started it.
    package static let supervisor = "SANDFLEET_UP"
}
