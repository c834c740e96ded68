import BoxClient
import BoxSession
import Model
import NIOCore
import ProviderKit

/// Our daemon in sprites: put there, started, connected to, and ended.
struct DaemonEntrance: SpriteEntrance {
    /// Where it and what it keeps lie: it survives sleep, and is no part of what is saved of a box.
    private static let directory = "/var/tmp/sandfleet"
    /// Of a shell: the program is not there, or is no program.
    private static let missing: Set<UInt8> = [126, 127]
    /// Of a script of ours.
    private static let noWorkspace: UInt8 = 73

    private static let noOther = DriverError(
        .unsupported,
        "A sprite's URL leads to its port \(SpritesBoxSettings.port), and to no other."
    )

    let program: DaemonProgram
    let loop: BoxLoop
    var timeout: Duration = .seconds(60)

    func enter(_ entry: SpriteEntry, _ api: SpritesAPI) async throws(DriverError) -> any Box {
        let arguments = DaemonProgram.relayArguments(path: path, directory: Self.directory, sandbox: entry.sandbox)
        let isFresh = try await start(arguments, entry, api)
        let (socket, call) = try await api.exec(arguments, in: entry.name, hasInput: true)
        let box = try await DaemonBox.connect(
            over: SpriteChannel(socket, call, api),
            envelope: entry.envelope,
            // What the first relay has started is new to us, whatever the second one finds.
            isFresh: isFresh || entry.isNew ? true : nil,
            sandbox: entry.sandbox,
            epoch: entry.epoch,
            environment: entry.environment,
            ports: Self.lookup(entry.url),
            loop: loop,
            timeout: timeout
        )
        return box
    }

    /// Nil where nobody is let in.
    private static func lookup(_ url: String?) -> DaemonBox.PortLookup? {
        guard let url else { return nil }
        return { port throws(DriverError) in
            guard port == SpritesBoxSettings.port else { throw noOther }
            return PortAddress(url: url)
        }
    }

    private var path: String { "\(Self.directory)/\(program.name)" }

    /// Has a daemon run, in a session of its own that the provider does not end.
    ///
    /// The relay reads the end of its input at once, and leaves the daemon behind.
    ///
    /// - Returns: Whether it was started now.
    private func start(
        _ arguments: [String],
        _ entry: SpriteEntry,
        _ api: SpritesAPI
    ) async throws(DriverError) -> Bool {
        var result: ExecResult
        if entry.isNew {
            // Directories are made by writing into them, and are the user's then, also where the user may make none.
            async let workspace = folder(entry.name, api)
            try await upload(to: entry.name, api)
            let obstacle = await workspace
            result = try await prepare(arguments, entry, api)
            if result.code == Self.noWorkspace, let obstacle { throw obstacle }
        } else {
            result = try await api.run(arguments, in: entry.name, outlivesConnection: true)
            if Self.missing.contains(result.code) {
                try await upload(to: entry.name, api)
                result = try await prepare(arguments, entry, api)
                if result.code == Self.noWorkspace {
                    if let obstacle = await folder(entry.name, api) { throw obstacle }
                    result = try await prepare(arguments, entry, api)
                }
            }
        }
        guard result.code == 0 else {
            let what =
                result.code == Self.noWorkspace
                ? "The sprite has no workspace" : "The daemon does not start in the sprite"
            throw DriverError(.transient, "\(what): \(result.complaint)")
        }
        return String(buffer: result.stdout).hasPrefix("sandfleet-relay/1 fresh")
    }

    private func upload(to name: SpriteName, _ api: SpritesAPI) async throws(DriverError) {
        try await api.write(program.bytes, to: "\(path).new", mode: "0755", of: name)
    }

    /// Makes the workspace; why that was refused matters only if it is not there afterwards.
    private func folder(_ name: SpriteName, _ api: SpritesAPI) async -> DriverError? {
        do throws(DriverError) {
            try await api.write(ByteBuffer(), to: "/workspace/.keep", mode: "0644", of: name)
            return nil
        } catch {
            return error
        }
    }

    /// Makes the workspace its user's, puts the executable where it belongs, and becomes a relay.
    private func prepare(
        _ arguments: [String],
        _ entry: SpriteEntry,
        _ api: SpritesAPI
    ) async throws(DriverError) -> ExecResult {
        // Where there was a daemon before, the workspace is its user's business. The executable is renamed when it is whole, and
        // last: where it is, the workspace is. A repeat may find that done meanwhile. The user may be one who can become root.
        let script = """
            if [ ! -d "$1" ]; then
                mkdir -p /workspace 2>/dev/null || sudo -n mkdir -p /workspace 2>/dev/null
                [ -w /workspace ] || sudo -n chown "$(id -u):$(id -g)" /workspace 2>/dev/null
                [ -w /workspace ] || exit \(Self.noWorkspace)
                [ -s /workspace/.keep ] || rm -f /workspace/.keep
            fi
            shift
            if [ -e "$1.new" ]; then mv "$1.new" "$1" 2>/dev/null; fi
            [ -x "$1" ] && exec "$@"
            """
        return try await api.run(
            ["/bin/sh", "-c", script, "sh", "\(Self.directory)/\(entry.sandbox)"] + arguments,
            in: entry.name,
            outlivesConnection: true
        )
    }

    /// The daemon ends all that it has started, and then itself.
    func halt(_ name: SpriteName, _ api: SpritesAPI) async throws(DriverError) {
        let script = """
            daemons() {
                for each in /proc/[0-9]*; do
                    case "$(tr '\\0' ' ' 2>/dev/null <"$each/cmdline")" in
                        "boxd --listen-fd 3 --keeper "*"$1/"*) echo "${each#/proc/}" ;;
                    esac
                done
            }
            for each in $(daemons "$1"); do kill -TERM "$each"; done
            tries=0
            while [ -n "$(daemons "$1")" ]; do
                tries=$((tries + 1))
                [ "$tries" -lt 300 ] || exit 75
                sleep 0.1
            done
            """
        let result = try await api.run(["/bin/sh", "-c", script, "sh", Self.directory], in: name)
        guard result.code == 0 else {
            throw DriverError(.timeout, "What runs in the sprite does not end: \(result.complaint)")
        }
    }
}
