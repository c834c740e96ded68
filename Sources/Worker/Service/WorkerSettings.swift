/// What a worker process is told from outside.
package struct WorkerSettings: Sendable {
    package var hostName: String
    package var pid: Int
    package var version: String
    /// What becomes of its boxes when it is told to stop.
    package var shutdown: ShutdownManner
    /// How long running commands may go on once the worker is told to stop.
    package var shutdownGrace: Duration
    /// The most bytes that the stream of all output may have, and on how many servers it lies.
    package var outputStreamBytes: Int64
    package var outputReplicas: Int
    /// How many bytes of one process are stored, when its start does not say.
    package var storedLimit: UInt64
    /// The directory of the archive store; nil where there are no portable archives.
    package var archive: String?
    /// What a portable archive, or one from outside, may be.
    package var workspaceLimits: TarLimits

    package init(
        hostName: String,
        pid: Int,
        version: String,
        shutdown: ShutdownManner,
        shutdownGrace: Duration,
        outputStreamBytes: Int64,
        outputReplicas: Int,
        storedLimit: UInt64,
        archive: String?,
        workspaceLimits: TarLimits
    ) {
        self.hostName = hostName
        self.pid = pid
        self.version = version
        self.shutdown = shutdown
        self.shutdownGrace = shutdownGrace
        self.outputStreamBytes = outputStreamBytes
        self.outputReplicas = outputReplicas
        self.storedLimit = storedLimit
        self.archive = archive
        self.workspaceLimits = workspaceLimits
    }
}
