import Glibc

/// The fleet's private nats-server.
package struct NATSServer: Sendable {
    package let executable: String
    package let configuration: NATSServerConfiguration
    package let configurationFile: String
    package let log: String

    package init(executable: String, configuration: NATSServerConfiguration, configurationFile: String, log: String) {
        self.executable = executable
        self.configuration = configuration
        self.configurationFile = configurationFile
        self.log = log
    }

    package static let stopSteps = [StopStep(SIGTERM, grace: .seconds(10), isPatient: true)]

    /// The host by which programs of this machine reach it.
    private var host: String { ListenAddress(host: configuration.host, port: configuration.port).localHost }

    /// The URL by which programs of this machine reach it.
    package var url: String { "nats://\(ListenAddress(host: host, port: configuration.port))" }

    package func specification(environment: [String: String]) throws -> ChildSpecification {
        try TextFile.replace(configurationFile, with: configuration.text)
        var child = ChildSpecification(
            executable: executable,
            arguments: ["--config", configurationFile],
            environment: environment,
            log: log
        )
        // It closes its store cleanly on this one, within moments.
        child.deathSignal = SIGTERM
        return child
    }

    /// Whether it is this very server that greets there.
    package func isServing() async -> Bool {
        let greeting = await Greeting.exchange(host: host, port: configuration.port)
        return greeting?.hasPrefix("INFO ") == true && greeting?.contains("\"\(configuration.serverName)\"") == true
    }

    /// The program, from the given path, PATH, or where Debian puts it.
    package static func locate() throws(FleetError) -> String {
        guard let path = Executable.find("nats-server", beside: ["/usr/sbin", "/usr/local/bin", "/usr/local/sbin"])
        else {
            throw FleetError(.missingExecutable, "nats-server is not installed.", advice: "apt-get install nats-server")
        }
        return path
    }
}
