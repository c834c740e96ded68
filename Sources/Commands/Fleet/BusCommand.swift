package import ArgumentParser
import Fleet

/// `sandfleet bus`: the keys and the configuration of a nats-server that `up` does not run.
package struct BusCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "bus",
        abstract: "Make the keys and the configuration of a nats-server for a fleet whose services you run yourself.",
        discussion: """
            The server runs in operator mode, as that of 'sandfleet up' does. Keys are made the first time, and kept; \
            everything lies in one folder that is its owner's alone. Run it before each start of the server: \
            what roles may do is this version's.

              $ sandfleet bus --data /var/lib/sandfleet-bus --listen 0.0.0.0:4222
              $ nats-server --config /var/lib/sandfleet-bus/nats-server.conf
            """
    )

    @Option(help: "The folder to make it in.")
    var data: String

    @Option(help: "Where the server listens, as host:port.")
    var listen: String = "127.0.0.1:4222"

    @Option(help: "By which services and machines reach it, as tls://bus.example.com:4222. (default: where it listens)")
    var url: String?

    @Option(name: .customLong("tls-certificate"), help: "A file in PEM; with it everybody has to encrypt.")
    var certificate: String?

    @Option(name: .customLong("tls-key"), help: "The key of that certificate, a file in PEM.")
    var key: String?

    package init() {}

    package func validate() throws {
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--tls-certificate and --tls-key go together.")
        }
    }

    package func run() throws {
        let tls = certificate.flatMap { certificate in
            key.map { StandaloneBus.TLS(certificate: certificate, key: $0) }
        }
        let bus = StandaloneBus(folder: data, listen: try ListenAddress(listen), tls: tls, url: url)
        try bus.prepare()
        print(
            """
            Run it:   nats-server --config \(bus.configurationFile)
            Services: \(["gateway", "worker", "reaper"].map(bus.environmentFile).joined(separator: " "))
            """
        )
    }
}
