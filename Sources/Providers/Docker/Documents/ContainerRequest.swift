/// What a container is made of, in the engine's words.
struct ContainerRequest: Encodable, Sendable {
    struct Nothing: Encodable, Sendable {}

    struct Check: Encodable, Sendable {
        var test = ["NONE"]

        private enum CodingKeys: String, CodingKey {
            case test = "Test"
        }
    }

    struct HostPort: Encodable, Sendable {
        var address: String
        /// Empty is any that is free.
        var port = ""

        private enum CodingKeys: String, CodingKey {
            case address = "HostIp"
            case port = "HostPort"
        }
    }

    struct Mount: Encodable, Sendable {
        struct Options: Encodable, Sendable {
            /// Of a volume that is made with that.
            var labels: [String: String]

            private enum CodingKeys: String, CodingKey {
                case labels = "Labels"
            }
        }

        var type = "volume"
        /// Nil is a volume of the container's own.
        var source: String?
        var target: String
        var isReadOnly: Bool?
        var options: Options?

        private enum CodingKeys: String, CodingKey {
            case type = "Type"
            case source = "Source"
            case target = "Target"
            case isReadOnly = "ReadOnly"
            case options = "VolumeOptions"
        }
    }

    struct Log: Encodable, Sendable {
        var type = "none"

        private enum CodingKeys: String, CodingKey {
            case type = "Type"
        }
    }

    struct Host: Encodable, Sendable {
        /// Bytes; memory and swap together are the same number, so there is no swap.
        var memory: Int64?
        var memoryAndSwap: Int64?
        var nanoProcessors: Int64?
        var processes: Int64
        var droppedCapabilities = ["ALL"]
        var capabilities: [String]
        var securityOptions = ["no-new-privileges"]
        var network: String
        var ports: [String: [HostPort]]
        var mounts: [Mount]
        var log = Log()
        var runtime: String?

        private enum CodingKeys: String, CodingKey {
            case memory = "Memory"
            case memoryAndSwap = "MemorySwap"
            case nanoProcessors = "NanoCpus"
            case processes = "PidsLimit"
            case droppedCapabilities = "CapDrop"
            case capabilities = "CapAdd"
            case securityOptions = "SecurityOpt"
            case network = "NetworkMode"
            case ports = "PortBindings"
            case mounts = "Mounts"
            case log = "LogConfig"
            case runtime = "Runtime"
        }
    }

    var image: String
    /// Takes the place of the image's own entry point and command.
    var entrypoint: [String]
    var user: String?
    var directory: String
    var labels: [String: String]
    var ports: [String: Nothing]
    var healthCheck = Check()
    var stopSignal = "SIGTERM"
    var host: Host

    private enum CodingKeys: String, CodingKey {
        case image = "Image"
        case entrypoint = "Entrypoint"
        case user = "User"
        case directory = "WorkingDir"
        case labels = "Labels"
        case ports = "ExposedPorts"
        case healthCheck = "Healthcheck"
        case stopSignal = "StopSignal"
        case host = "HostConfig"
    }
}
