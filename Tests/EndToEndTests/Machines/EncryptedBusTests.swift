import Fleet
import FleetTesting
import Foundation
import Glibc
import SandfleetClient
import Testing

/// A bus with a certificate: machines insist on it, and on its being the right one.
@Suite(.serialized) struct EncryptedBusTests {
    @Test func machinesInsistOnTheCertificate() async throws {
        try await withTemporaryDirectory { folder in
            for name in ["right", "wrong"] {
                try await Tool.run(
                    "/usr/bin/env",
                    [
                        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "\(folder)/\(name).key",
                        "-out", "\(folder)/\(name).pem",
                    ]
                )
            }
            var options = TestFleet.Options()
            options.arguments = [
                "--agents", "127.0.0.1:0", "--agents-certificate", "\(folder)/right.pem", "--agents-key",
                "\(folder)/right.key",
            ]
            try await withAPI(options) { api in
                try await withMachine { machine in
                    machine.trust("\(folder)/wrong.pem")
                    try await machine.enroll(in: api.fleet)
                    try await machine.start()
                    try await eventually("it trusts nobody else: \(machine.log)") { machine.log.contains("Cannot connect") }
                    #expect(try await api.agent(machine.name).state == .new)
                    _ = try await machine.end(SIGTERM)
                    machine.trust("\(folder)/right.pem")
                    try await machine.start()
                    try await api.waitFor(machine, toBe: .online)
                    #expect(try await machine.agent("status").contains("tls://127.0.0.1"))
                    let sandbox = try await api.sandbox(on: machine)
                    #expect(try await api.shell("pwd", in: sandbox) == "\(machine.root)\n")
                    try await api.client.deleteSandbox(sandbox.id)
                }
            }
        }
    }
}
