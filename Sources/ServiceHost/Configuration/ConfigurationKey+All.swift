extension ConfigurationKey {
    // What every service needs.
    package static let fleetID = ConfigurationKey("fleet.id")
    package static let natsURL = ConfigurationKey("nats.url", default: "nats://127.0.0.1:4222")
    package static let natsUser = ConfigurationKey("nats.user")
    package static let natsPassword = ConfigurationKey("nats.password", isSecret: true)
    package static let natsPasswordFile = ConfigurationKey("nats.passwordFile")
    /// A `.creds` file, in place of user and password.
    package static let natsCredentials = ConfigurationKey("nats.credentials")
    /// A URL may hold a password.
    package static let postgresURL = ConfigurationKey("postgres.url", isSecret: true)
    package static let postgresPoolSize = ConfigurationKey("postgres.poolSize", default: "8")
    package static let sealingKey = ConfigurationKey("sealing.key", isSecret: true)
    package static let sealingKeyFile = ConfigurationKey("sealing.keyFile")
    package static let logLevel = ConfigurationKey("log.level", default: "info")
    package static let logFormat = ConfigurationKey("log.format", default: "json")
    package static let startTimeout = ConfigurationKey("start.timeoutMs", default: "30000")
    package static let stopTimeout = ConfigurationKey("stop.timeoutMs", default: "15000")

    // The gateway.
    package static let listen = ConfigurationKey("listen", default: "127.0.0.1:8080", services: ["gateway"])
    package static let apiKey = ConfigurationKey("api.key", isSecret: true, services: ["gateway"])
    package static let apiKeyFile = ConfigurationKey("api.keyFile", services: ["gateway"])
    package static let apiWorkspace = ConfigurationKey("api.workspace", default: "default", services: ["gateway"])
    package static let defaultProvider = ConfigurationKey("default.provider", default: "local", services: ["gateway"])
    /// Providers, between commas, whose sandboxes are deleted when they stop, unless their creation says otherwise.
    package static let deleteOnStop = ConfigurationKey("deleteOnStop", default: "sprites", services: ["gateway"])
    package static let callTimeout = ConfigurationKey("call.timeoutMs", default: "30000", services: ["gateway"])
    package static let acquireTimeout = ConfigurationKey("acquire.timeoutMs", default: "120000", services: ["gateway"])
    package static let jsonLimit = ConfigurationKey("json.limitBytes", default: "8388608", services: ["gateway"])
    package static let outputLimit = ConfigurationKey("output.limitBytes", default: "262144", services: ["gateway"])
    package static let heartbeat = ConfigurationKey("stream.heartbeatMs", default: "15000", services: ["gateway"])
    package static let connectionIdle = ConfigurationKey("connection.idleMs", default: "75000", services: ["gateway"])

    // The gateway's say over agents.
    package static let natsOperatorKeyFile = ConfigurationKey("nats.operatorKeyFile", services: ["gateway"])
    package static let natsSystemCredentials = ConfigurationKey("nats.systemCredentials", services: ["gateway"])
    package static let natsAccount = ConfigurationKey("nats.account", services: ["gateway"])
    /// What agents are told.
    package static let agentNATSURL = ConfigurationKey("agent.natsUrl", services: ["gateway"])
    /// Requests without an API key from one address.
    package static let agentRequests = ConfigurationKey(
        "agent.requestsPerMinute",
        default: "1200",
        services: ["gateway"]
    )

    /// Addresses and networks of proxies, between commas, whose `X-Forwarded-For` is believed.
    package static let trustedProxies = ConfigurationKey("trustedProxies", services: ["gateway"])

    // The worker.
    package static let data = ConfigurationKey("data", services: ["worker"])
    package static let workerName = ConfigurationKey("worker.name", default: "worker", services: ["worker"])
    package static let providers = ConfigurationKey("providers", default: "local", services: ["worker"])
    /// Holds `<workspace>/<provider>.env`: accounts of workspaces' own.
    package static let credentials = ConfigurationKey("credentials.directory", services: ["worker"])
    package static let boxd = ConfigurationKey("boxd", services: ["worker"])
    package static let workerOnStop = ConfigurationKey("worker.onStop", default: "release", services: ["worker"])
    package static let workerGrace = ConfigurationKey("worker.graceMs", default: "5000", services: ["worker"])
    package static let localHostPaths = ConfigurationKey("local.hostPaths", services: ["worker"])
    package static let localImages = ConfigurationKey("local.imageDirectories", services: ["worker"])
    /// The hard end of local boxes, in seconds; 0 is none.
    package static let localBoxLifetime = ConfigurationKey("local.boxLifetime", default: "0", services: ["worker"])
    /// How many local boxes wait, started, for a sandbox.
    package static let localPoolSize = ConfigurationKey("local.poolSize", default: "0", services: ["worker"])

    // Saved workspaces.
    /// What a portable archive of a workspace may hold at the most.
    package static let workspaceEntries = ConfigurationKey(
        "workspace.entryLimit",
        default: "2000000",
        services: ["worker"]
    )
    package static let workspaceBytes = ConfigurationKey(
        "workspace.byteLimit",
        default: "68719476736",
        services: ["worker"]
    )

    // Stored output.
    /// The most bytes that the stream of all output may have.
    package static let outputStreamBytes = ConfigurationKey(
        "output.streamBytes",
        default: "8589934592",
        services: ["worker"]
    )
    package static let outputReplicas = ConfigurationKey("output.replicas", default: "1", services: ["worker"])
    /// How many bytes of one process are stored, when its start does not say.
    package static let outputStoredLimit = ConfigurationKey(
        "output.storedLimitBytes",
        default: "17179869184",
        services: ["worker"]
    )
    /// The folder of archived output and portable workspaces, the same for all.
    package static let archive = ConfigurationKey("archive", services: ["gateway", "worker", "reaper"])
    /// How long after its end a process's output moves to the archive, in seconds.
    package static let archiveAfter = ConfigurationKey("archive.afterSeconds", default: "3600", services: ["reaper"])
    /// How long after its end a process and its output are kept, in hours.
    package static let processRetention = ConfigurationKey(
        "processes.retentionHours",
        default: "720",
        services: ["reaper"]
    )

    /// How long the rows of deleted archives are kept, in hours.
    package static let archiveRetention = ConfigurationKey("archive.hours", default: "720", services: ["reaper"])
    /// How long events are kept after they left for the bus, in hours: the history of sandboxes.
    package static let eventRetention = ConfigurationKey("event.hours", default: "720", services: ["reaper"])
    /// Whether boxes that nobody wants are looked for: `on`, `dry` (reported only) or `off`.
    package static let sweep = ConfigurationKey("sweep", default: "on", services: ["reaper"])

    // Services without a port.
    package static let readyFile = ConfigurationKey("ready.file", services: ["worker", "reaper"])
    /// Where `/metrics` and `/healthz` are served; the gateway serves them at its own address.
    package static let metricsListen = ConfigurationKey("metrics.listen", services: ["worker", "reaper"])

    /// Every key that a service reads, in the order of the documentation.
    package static let all: [ConfigurationKey] = [
        fleetID, natsURL, natsUser, natsPassword, natsPasswordFile, natsCredentials, postgresURL, postgresPoolSize,
        sealingKey, sealingKeyFile, logLevel, logFormat, startTimeout, stopTimeout,
        listen, apiKey, apiKeyFile, apiWorkspace, defaultProvider, deleteOnStop, callTimeout, acquireTimeout, jsonLimit,
        outputLimit, heartbeat, connectionIdle, natsOperatorKeyFile, natsSystemCredentials, natsAccount, agentNATSURL,
        agentRequests, trustedProxies,
        data, workerName, providers, credentials, boxd, workerOnStop, workerGrace, localHostPaths, localImages,
        localBoxLifetime, localPoolSize,
        workspaceEntries, workspaceBytes,
        outputStreamBytes, outputReplicas, outputStoredLimit, archive, archiveAfter, processRetention,
        archiveRetention, eventRetention, sweep, readyFile, metricsListen,
    ]
}
