import Glibc
import Wire

/// What this machine is and has.
enum Machine {
    /// Looked for on the path; what is there is told.
    private static let tools = [
        "bash", "bun", "bwrap", "cargo", "clang", "cmake", "curl", "deno", "docker", "ffmpeg", "gcc", "git", "go",
        "java",
        "jq", "make", "node", "npm", "perl", "php", "pip3", "podman", "psql", "python3", "rg", "ruby", "rustc", "ssh",
        "swift", "tar", "tmux", "uv", "wget", "zsh",
    ]

    static var hostName: String {
        var name = utsname()
        uname(&name)
        return text(of: name.nodename)
    }

    static func capabilities(_ configuration: AgentConfiguration) -> WireAgentCapabilities {
        var name = utsname()
        uname(&name)
        var capabilities = WireAgentCapabilities()
        capabilities.version = AgentVersion.program
        capabilities.wireVersion = AgentVersion.wire
        capabilities.os = text(of: name.sysname).lowercased()
        capabilities.architecture = text(of: name.machine)
        capabilities.hostName = text(of: name.nodename)
        capabilities.tools = tools.filter { Environment.find($0) != nil }
        capabilities.desktop = ["DISPLAY", "WAYLAND_DISPLAY"].contains { Environment.value($0) != nil }
        capabilities.exec = configuration.allowsExec
        capabilities.files = configuration.allowsFiles
        capabilities.isolated = configuration.isolation == .bubblewrap
        if !configuration.allowsExec { capabilities.denials["exec"] = "allow.exec" }
        if !configuration.allowsFiles { capabilities.denials["files"] = "allow.files" }
        if !configuration.allowsNetwork { capabilities.denials["network"] = "allow.network" }
        capabilities.maximumProcesses = UInt32(clamping: configuration.maximumProcesses)
        capabilities.memoryLimitBytes = UInt64(configuration.memoryMb) << 20
        capabilities.processors = UInt32(clamping: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        capabilities.memoryBytes = memory("MemTotal:")
        capabilities.root = configuration.root
        return capabilities
    }

    /// Of one minute, in hundredths.
    static var loadAverage: UInt32 {
        let first = LocalFile.line("/proc/loadavg")?.split(separator: " ").first.flatMap { Double($0) } ?? 0
        return UInt32(clamping: Int(first * 100))
    }

    static var freeMemory: UInt64 { memory("MemAvailable:") }

    private static func memory(_ name: String) -> UInt64 {
        for line in (LocalFile.text("/proc/meminfo") ?? "").split(separator: "\n") where line.hasPrefix(name) {
            let fields = line.split(separator: " ")
            return fields.count > 1 ? (UInt64(fields[1]) ?? 0) << 10 : 0
        }
        return 0
    }

    /// Bytes on disk below a folder.
    static func size(of folder: String) -> UInt64 {
        LocalFile.names(in: folder)
            .reduce(0) { sum, name in
                var status = stat()
                guard lstat("\(folder)/\(name)", &status) == 0 else { return sum }
                if status.st_mode & S_IFMT == S_IFDIR { return sum + size(of: "\(folder)/\(name)") }
                return sum + UInt64(status.st_blocks) * 512
            }
    }

    private static func text<Field>(of field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
