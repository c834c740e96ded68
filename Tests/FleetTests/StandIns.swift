import Fleet
import FleetTesting
import FoundationEssentials

/// Programs in place of the services: they report ready as the real ones do, and note that they were asked to stop.
struct StandIns {
    let folder: String

    init(_ folder: String, gateway: String = Self.service) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, text) in ["gateway": gateway, "worker": Self.service, "reaper": Self.service, "boxd": Self.service] {
            try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(folder)/\(name)")
        }
    }

    var options: TestFleet.Options {
        var options = TestFleet.Options()
        options.executables = folder
        return options
    }

    static let service = """
        #!/usr/bin/python3
        import json, os, signal, sys
        from http.server import BaseHTTPRequestHandler, HTTPServer

        name = os.path.basename(sys.argv[0])
        data = os.environ["SANDFLEET_UP"]

        def stop(*_):
            with open(data + "/order", "a") as order:
                order.write(name + "\\n")
            sys.exit(0)

        signal.signal(signal.SIGTERM, stop)
        with open(data + "/" + name + ".env", "w") as file:
            json.dump(dict(os.environ), file)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path == "/readyz" else 404)
                self.end_headers()

        if name == "gateway":
            host, port = os.environ["SANDFLEET_LISTEN"].rsplit(":", 1)
            HTTPServer((host, int(port)), Handler).serve_forever()
        open(os.environ["SANDFLEET_READY_FILE"], "w").close()
        while True:
            signal.pause()

        """
}

/// Lends a fleet whose services are stand-ins.
func withStandInFleet(_ body: (TestFleet) async throws -> Void) async throws {
    try await withTemporaryDirectory { folder in
        try await withFleet(StandIns("\(folder)/services").options, body)
    }
}

/// Runs SQL in the fleet's database, and returns what it selects.
@discardableResult
func sql(_ text: String, in fleet: TestFleet) async throws -> String {
    let psql = try PostgresInstallation.locate().program("psql")
    return try await Tool.run(psql, ["--no-psqlrc", "-qAt", "-c", text, try fleet.document.postgres.url])
}
