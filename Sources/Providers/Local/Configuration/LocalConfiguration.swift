package import Model

/// Where the boxes of this host are kept, and what they may see of it.
package struct LocalConfiguration: Sendable {
    /// Holds everything that outlives this process: `boxes`, `archives`, `saved`, `layers`, `images`, `pool`, `trash`,
    /// `placement`.
    package var dataDirectory: String
    /// Whose boxes these are; also names their control groups.
    package var fleet: FleetID
    /// The program of a box's first process; a static executable that any user may run.
    package var daemonPath: String
    package var bubblewrapPath = "/usr/bin/bwrap"
    /// Host paths shown read-only in boxes of the `host` image, beside the system's own.
    package var readOnlyPaths: [String] = []
    /// What boxes of the `host` image get of the host's `/etc`.
    ///
    /// Only what anybody may read is taken.
    package var etcEntries = LocalConfiguration.harmlessEtcEntries
    /// Directories in which images are looked up, as root filesystem directories or tar archives.
    ///
    /// A caller cannot name anything outside them.
    package var imageDirectories: [String]
    /// Where extracted images are kept, by digest.
    package var layerDirectory: String
    /// The host users that boxes run as when this process is root, one for each box.
    package var userRange: ClosedRange<UInt32> = 200_000...265_535
    /// Shared by all fleets of the host, so that no two of them use one user twice.
    package var userRegistry = "/var/lib/sandfleet/users"
    /// Memory of boxes that ask for none, in MiB; nil is unlimited.
    package var defaultMemoryMb: Int?
    /// Processors of boxes that ask for none; nil is unlimited.
    package var defaultVcpus: Double?
    /// Processes and threads of each box.
    package var processLimit = 4_096
    /// After how many seconds a box is to be replaced, as other providers end theirs; nil is never.
    package var boxLifetime: Int?
    /// How long a box may take until its first process answers.
    package var startTimeout: Duration = .seconds(20)
    /// How many boxes wait, started, for somebody to ask for one; 0 is none.
    package var poolSize = 0
    /// How long nobody has asked for a box before one is made in advance.
    package var poolQuietTime: Duration = .milliseconds(50)
    /// How many boxes are started or stopped at the same time.
    package var concurrency = 8

    package init(dataDirectory: String, fleet: FleetID, daemonPath: String) {
        self.dataDirectory = dataDirectory
        self.fleet = fleet
        self.daemonPath = daemonPath
        imageDirectories = ["\(dataDirectory)/images"]
        layerDirectory = "\(dataDirectory)/layers"
    }

    /// Linker, certificates, names and shells; nothing that says who uses the host or how to get in.
    package static let harmlessEtcEntries = [
        "alternatives", "bash.bashrc", "ca-certificates", "ca-certificates.conf", "inputrc", "java-11-openjdk",
        "java-17-openjdk", "java-21-openjdk", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "locale.alias", "localtime",
        "mime.types", "os-release", "profile", "protocols", "services", "shells", "ssl/certs", "ssl/openssl.cnf",
        "timezone",
    ]

    var boxesDirectory: String { "\(dataDirectory)/boxes" }
    var archivesDirectory: String { "\(dataDirectory)/archives" }
    /// Layers that were boxes' own files once, shared by boxes and archives.
    var savedLayersDirectory: String { "\(dataDirectory)/saved" }
    /// Boxes that wait, in a directory for each run of a worker.
    var poolDirectory: String { "\(dataDirectory)/pool" }
    var trashDirectory: String { "\(dataDirectory)/trash" }
    var controlGroupName: String { "sandfleet-\(fleet)" }
    var defaultLimits: BoxLimits {
        BoxLimits(memoryMb: defaultMemoryMb, vcpus: defaultVcpus, diskMb: nil, processes: processLimit)
    }
}
