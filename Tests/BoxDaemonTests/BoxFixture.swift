import BoxClient
import CLinux
import ExecutionEngine
import Foundation
import Testing

/// How a test's daemon runs.
enum BoxSetting: Sendable, CaseIterable {
    /// A process among the others of the machine.
    case plain
    /// Process 1 of a namespace; needs root.
    case namespace

    static var available: [BoxSetting] { geteuid() == 0 ? allCases : [.plain] }
}

/// A daemon of a test's own, from the executable that the tests were built with.
final class BoxFixture: Sendable {
    let directory: String
    let workspace: String
    let socketPath: String
    /// The daemon, or in a namespace the program that made it.
    let daemon: pid_t
    let loop: BoxLoop

    private init(directory: String, daemon: pid_t) throws {
        self.directory = directory
        workspace = directory + "/inner"
        socketPath = directory + "/box.sock"
        self.daemon = daemon
        loop = try BoxLoop()
    }

    func connect(epoch: UInt64 = 1, sandbox: String = "sandbox") async throws -> BoxConnection {
        try await .connect(path: socketPath, epoch: epoch, sandbox: sandbox, loop: loop)
    }

    static var executable: String {
        get throws {
            let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("boxd").path
        }
    }

    static func with(
        _ setting: BoxSetting = .plain,
        cgroup: String? = nil,
        options: [String] = [],
        _ body: (BoxFixture) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "boxd-" + UUID().uuidString
        let workspace = directory + "/inner"
        try FileManager.default.createDirectory(atPath: workspace, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await with(setting, cgroup: cgroup, options: options, in: directory, body)
    }

    /// In a directory that was made before, and stays.
    static func with(
        _ setting: BoxSetting = .plain,
        cgroup: String? = nil,
        options: [String],
        in directory: String,
        prefix given: [String] = [],
        _ body: (BoxFixture) async throws -> Void
    ) async throws {
        let workspace = directory + "/inner"
        unlink(directory + "/box.sock")
        let listener = try Descriptor(owning: linux_listen(directory + "/box.sock", 64))
        let prefix: [String] =
            switch setting {
            case .plain: given
            case .namespace: ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
            }
        var own = [try executable, "--listen-fd", "3", "--workspace", workspace] + options
        if !options.contains("--keeper") {
            own += ["--home", workspace]
        }
        var handed = [listener]
        if let cgroup {
            own += ["--cgroup-fd", "4"]
            handed.append(try Descriptor(owning: open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC)))
        }
        let fixture = try BoxFixture(directory: directory, daemon: try spawn(prefix + own, handing: handed))
        do {
            try await body(fixture)
            fixture.end()
        } catch {
            fixture.end()
            throw error
        }
    }

    private func end() {
        kill(daemon, SIGKILL)
        waitpid(daemon, nil, 0)
    }

    /// Starts a program with these descriptors from 3 on.
    static func spawn(_ arguments: [String], handing descriptors: [Descriptor]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Out of the way first: when it has its number already, dup2 would leave it closed on exec.
        let high = try descriptors.map { try Descriptor(owning: fcntl($0.number, F_DUPFD_CLOEXEC, 100)) }
        for (index, descriptor) in high.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor.number, Int32(3 + index))
        }
        var process: pid_t = 0
        var pointers = arguments.map { strdup($0) } + [nil]
        defer {
            for pointer in pointers {
                free(pointer)
            }
        }
        let result = withExtendedLifetime(high) {
            posix_spawn(&process, arguments[0], &actions, nil, &pointers, environ)
        }
        guard result == 0 else { throw SystemError(code: result) }
        return process
    }
}

extension BoxFixture {
    /// What the daemon holds besides its shared executable, in KiB.
    ///
    /// `Private_Dirty` would count pages of an executable that has just been linked.
    func ownMemory() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(daemon)/smaps_rollup", encoding: .utf8)
        return text.split(separator: "\n").filter { $0.hasPrefix("Anonymous:") }
            .compactMap { $0.split(separator: " ").dropFirst().first.flatMap { Int($0) } }.reduce(0, +)
    }

    var descriptorCount: Int {
        get throws { try FileManager.default.contentsOfDirectory(atPath: "/proc/\(daemon)/fd").count }
    }

    func exists(_ process: Int32) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !text.contains(") Z ")
    }
}

/// Turns until a condition holds; fails after ten seconds.
func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(10)
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, what)
        try await Task.sleep(for: .milliseconds(5))
    }
}

extension BoxCommand {
    /// A shell script under an id of its own.
    static func shell(_ script: String, _ configure: (inout BoxCommand) -> Void = { _ in }) -> BoxCommand {
        var command = BoxCommand(id: UUID().uuidString, arguments: ["/bin/sh", "-c", script])
        configure(&command)
        return command
    }

    static func program(_ arguments: String...) -> BoxCommand {
        BoxCommand(id: UUID().uuidString, arguments: arguments)
    }
}

extension BoxProcess {
    /// Passes over the output: a shell may tell of what was killed around it.
    func exit() async throws -> BoxExit {
        while true {
            if case .exited(let exit) = try await nextEvent() {
                return exit
            }
        }
    }
}
