package import ArgumentParser
import Fleet
import Glibc

/// `sandfleet up`: the whole fleet on this machine, in the foreground.
package struct UpCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run a whole fleet on this machine, under one data directory.",
        discussion: """
            Starts a private nats-server, a private Postgres cluster, a gateway, a local worker and a reaper, and stays \
            in the foreground. Ctrl-C stops everything in order; the data stay for the next time.
            """
    )

    @Option(help: "The data directory. (default: \(DataDirectory.standardPath))")
    var data: String?

    @Option(help: "Where the gateway listens, as host:port; port 0 takes a free one.")
    var listen: String = FleetConfiguration.standardListen.description

    @Option(
        help: """
            Where machines of your own reach the bus, as host:port (0.0.0.0:4222); by default nobody but this machine does. \
            The connection is not encrypted: put it on a network that you trust.
            """
    )
    var agents: String?

    @Option(help: "How many gateways to run; those beyond the first listen on free ports, named in fleet.json.")
    var gateways: Int = 1

    @Option(help: "How many local workers to run.")
    var workers: Int = 1

    @Option(help: "How many reapers to run.")
    var reapers: Int = 1

    @Option(
        name: .customLong("box-disk"),
        help: """
            The most that boxes may take together, as 50G, where they get a btrfs in a file because the data directory is \
            on none: auto is four fifths of what is free, none does without. Decided on the first start.
            """
    )
    var boxDisk: String = "auto"

    @Option(help: "The folder of the gateway, worker, reaper and boxd executables. (default: beside this program)")
    var executables: String?

    @Flag(help: "Print no progress.")
    var quiet = false

    @Flag(help: "Print how to reach the fleet as one line of JSON.")
    var json = false

    package init() {}

    package func validate() throws {
        guard BoxDiskSize(boxDisk) != nil else {
            throw ValidationError("--box-disk takes auto, none, or a size of at least 256M, such as 50G.")
        }
        for (name, count) in [("gateways", gateways), ("workers", workers), ("reapers", reapers)] {
            guard (1...64).contains(count) else { throw ValidationError("--\(name) takes 1 to 64.") }
        }
    }

    package func run() async throws {
        let signals = StopSignals()
        do {
            try await run(signals)
        } catch let error as FleetError where error.code == .interrupted {
            throw ExitCode(130)
        } catch let error as FleetError {
            printProgress("sandfleet up: \(error)")
            throw ExitCode.failure
        }
    }

    private func run(_ signals: StopSignals) async throws {
        let quiet = quiet
        let configuration = FleetConfiguration(
            data: data ?? DataDirectory.standardPath,
            listen: try ListenAddress(listen),
            gateways: gateways,
            workers: workers,
            reapers: reapers,
            boxDisk: BoxDiskSize(boxDisk) ?? .share,
            executables: executables,
            agents: try agents.map { try ListenAddress($0) }
        )
        let fleet = try await EmbeddedFleet(configuration, hurry: signals.hurry) { line in
            if !quiet { printProgress(line) }
        }
        let summary = FleetSummary(data: data == nil ? nil : fleet.data)
        let json = json
        try await fleet.run(until: signals.stop) { document in
            write(json ? try document.json(pretty: false) : summary.text(document), to: STDOUT_FILENO)
        }
    }
}

private func printProgress(_ line: String) {
    write(line, to: STDERR_FILENO)
}

/// Unbuffered: whoever reads a pipe sees the line when it is written.
private func write(_ line: String, to descriptor: Int32) {
    let bytes = Array((line + "\n").utf8)
    var start = 0
    while start < bytes.count {
        let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        start += count
    }
}
