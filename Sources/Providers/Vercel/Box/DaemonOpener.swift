package import BoxClient
package import BoxSession
import Logging
import Model
import NIOConcurrencyHelpers
import NIOCore
import ProviderHTTP
package import ProviderKit

/// Opens boxes whose daemon goes along into each session's disk, and is spoken with through a relay.
package final class DaemonOpener: BoxOpener {
    /// Below it the executables and the state of the daemons; part of every snapshot.
    private static let folder = "/opt/sandfleet"
    static let state = "/opt/sandfleet/state"
    /// Within how long a daemon has to answer once its relay was started.
    private static let patience = Duration.seconds(60)
    /// Each piece of input is a request: what nobody waits for goes with the next one if that comes so soon.
    private static let linger = Duration.milliseconds(500)

    private let program: DaemonProgram
    private let loop: BoxLoop
    private let liveness: BoxLiveness
    /// The program as `fs/write` takes it, made once.
    private let package = NIOLockedValueBox<ByteBuffer?>(nil)

    /// - Parameter liveness: How long a log that brings nothing is believed in while somebody waits for it.
    package init(_ program: DaemonProgram, liveness: BoxLiveness = .usual) throws(DriverError) {
        self.program = program
        self.liveness = liveness
        loop = try Self.makeLoop()
    }

    private static func makeLoop() throws(DriverError) -> BoxLoop {
        do {
            return try BoxLoop()
        } catch {
            throw DriverError(error)
        }
    }

    package func open(_ opening: BoxOpening, _ api: VercelAPI) async throws(DriverError) -> any Box {
        if opening.isNew { try await provision(opening.session, api) }
        let command: CommandDocument
        do throws(DriverError) {
            command = try await api.start(relay(for: opening), in: opening.session)
        } catch {
            // A disk without our program, or with that of another version of us.
            guard case .startFailed = error.kind, !opening.isNew else { throw error }
            try await provision(opening.session, api)
            command = try await api.start(relay(for: opening), in: opening.session)
        }
        return try await DaemonBox.connect(
            over: CommandChannel(command, in: opening.session, api),
            isText: true,
            envelope: opening.envelope,
            endsAt: opening.endsAt,
            liveness: liveness,
            linger: Self.linger,
            sandbox: opening.sandbox,
            epoch: opening.epoch,
            environment: opening.environment,
            ports: { [envelope = opening.envelope] port throws(DriverError) in
                try PortAddress.known(to: envelope, port: port, key: "url.")
            },
            loop: loop,
            timeout: Self.patience
        )
    }

    private var path: String { "\(Self.folder)/\(program.name)" }

    private func relay(for opening: BoxOpening) -> [String] {
        DaemonProgram.relayArguments(
            path: path,
            directory: Self.state,
            sandbox: opening.sandbox,
            workspace: VercelSettings.workspace,
            isText: true
        )
    }

    /// Puts the program on the disk of a session, and makes its folders the user's.
    ///
    /// The workspace of a box that has had a daemon before is its user's business. The daemon's own folder tells, and comes last.
    private func provision(_ session: String, _ api: VercelAPI) async throws(DriverError) {
        try await api.upload(archive(), to: session)
        let script = """
            set -e
            umask 022
            owner=$(stat -c %u:%g .)
            if [ ! -d \(Self.state) ]; then
                mkdir -p \(VercelSettings.workspace) \(Self.state).new
                chown "$owner" \(VercelSettings.workspace) \(Self.state).new
                mv \(Self.state).new \(Self.state)
            fi
            chmod 755 '/tmp/\(program.name)'
            chown 0:0 '/tmp/\(program.name)'
            mv -f '/tmp/\(program.name)' '\(path)'
            """
        let lines = try await api.run(
            VercelAPI.CommandBody(command: "sh", args: ["-c", script], sudo: true, wait: true, logs: true),
            in: session
        )
        var said = ""
        var code: Int32?
        while let record = try await lines.next(as: LogRecord.self) {
            switch record.content {
            case .stdout(let text), .stderr(let text): said += text.prefix(300)
            case .command(let command): code = command.exitCode
            case .failure(_, let message): throw DriverError(.transient, "The session at Vercel ended: \(message)")
            case .unknown: break
            }
        }
        guard code == 0 else {
            let reason = said.prefix(300).filter { !$0.isNewline }
            throw DriverError(
                .transient,
                "The box could not be prepared (\(code.map { "exit \($0)" } ?? "cut off")): \(reason)"
            )
        }
    }

    private func archive() -> ByteBuffer {
        package.withLockedValue { package in
            if let package { return package }
            let made = Gzip.stored(TarFile.of("tmp/\(program.name)", program.bytes, mode: 0o755))
            package = made
            return made
        }
    }
}
