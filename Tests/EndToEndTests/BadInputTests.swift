import CurlTransport
import FleetTesting
import Foundation
import SandfleetClient
import Testing

/// Everything that a caller can get wrong has a status, a code, and a request id.
@Suite(.serialized) struct BadInputTests {
    struct Case: Sendable {
        var method: String
        var path: String
        var body: String?
        var headers: [String: String] = [:]
        var status: Int
        var code: String
    }

    @Test func isTypedThroughout() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let base = "/v1/sandboxes/\(sandbox.id)"
            let absent = "/v1/sandboxes/01hf7yat00abcdefghjkmnpqrs"
            _ = try await api.shell("mkdir dir; echo x > dir/file", in: sandbox)
            let cases = [
                Case(method: "POST", path: "/v1/sandboxes", body: #"{"provider": "#, status: 400, code: "malformed_json"),
                Case(method: "POST", path: "/v1/sandboxes", body: #"{"colour":"red"}"#, status: 400, code: "unknown_field"),
                Case(method: "POST", path: "/v1/sandboxes", body: #"{"timeoutMs":"x"}"#, status: 400, code: "invalid_request"),
                Case(method: "POST", path: "/v1/sandboxes", body: #"{"provider":"moon"}"#, status: 400, code: "unknown_provider"),
                Case(method: "POST", path: "/v1/sandboxes", body: #"{"env":{"A=B":"c"}}"#, status: 400, code: "invalid_request"),
                Case(
                    method: "POST",
                    path: "/v1/sandboxes",
                    body: "provider: local",
                    headers: ["Content-Type": "application/yaml"],
                    status: 415,
                    code: "unsupported_media_type"
                ),
                Case(method: "PUT", path: "/v1/sandboxes", body: "{}", status: 405, code: "method_not_allowed"),
                Case(method: "GET", path: "/v2/nothing", status: 404, code: "not_found"),
                Case(method: "GET", path: "/v1/sandboxes/not-an-id", status: 404, code: "sandbox_not_found"),
                Case(method: "GET", path: absent, status: 404, code: "sandbox_not_found"),
                Case(method: "POST", path: "\(absent)/commands", body: #"{"command":"true"}"#, status: 404, code: "sandbox_not_found"),
                Case(method: "POST", path: "\(base)/commands", body: "{}", status: 400, code: "invalid_request"),
                Case(method: "POST", path: "\(base)/commands", body: #"{"command":"a\u0000b"}"#, status: 400, code: "invalid_request"),
                Case(method: "GET", path: "\(base)/files?path=../../etc/shadow", status: 400, code: "invalid_path"),
                Case(method: "GET", path: "\(base)/files", status: 400, code: "invalid_request"),
                Case(method: "GET", path: "\(base)/files?path=nothing", status: 404, code: "file_not_found"),
                Case(method: "GET", path: "\(base)/files?path=dir", status: 409, code: "is_directory"),
                Case(
                    method: "PUT",
                    path: "\(base)/files?path=dir",
                    body: "x",
                    headers: ["Content-Type": "text/plain"],
                    status: 409,
                    code: "is_directory"
                ),
                Case(
                    method: "PUT",
                    path: "\(base)/files?path=dir/file/deeper",
                    body: "x",
                    headers: ["Content-Type": "text/plain"],
                    status: 409,
                    code: "not_directory"
                ),
                Case(method: "GET", path: "\(base)/dir?path=dir/file", status: 409, code: "not_directory"),
                Case(method: "DELETE", path: "\(base)/files?path=dir", status: 409, code: "directory_not_empty"),
                Case(
                    method: "PUT",
                    path: "\(base)/files?path=/usr/bin/evil",
                    body: "x",
                    headers: ["Content-Type": "text/plain"],
                    status: 403,
                    code: "permission_denied"
                ),
            ]
            for item in cases {
                let answer = try await api.send(item.method, item.path, item.body, headers: item.headers)
                #expect(answer.status == item.status, "\(item.method) \(item.path) \(item.body ?? ""): \(answer.body)")
                #expect(answer.code == item.code, "\(item.method) \(item.path) \(item.body ?? ""): \(answer.body)")
                #expect(answer.headers["Content-Type"]?.hasPrefix("application/problem+json") ?? false)
                #expect(answer.headers["X-Request-Id"] != nil && answer.json["requestId"] != nil)
            }
            // What is wrong inside the box is the command's own answer.
            let missing = try await api.client.runCommand(.program("no-such-program"), in: sandbox.id)
            #expect(missing.exit.status == .failed && missing.exit.reason == "command_not_found")
            #expect(try await api.shell("echo still here", in: sandbox) == "still here\n")
        }
    }

    @Test func keysDecideWhoMayDoWhat() async throws {
        try await withAPI { api in
            let sandbox = try await api.sandbox()
            let path = "/v1/sandboxes/\(sandbox.id)"
            for key in ["", "sf_wrong", "sf_00000000000000000000000000"] {
                #expect(try await api.send("GET", path, key: key).status == 401)
            }
            let reader = try #require(try await api.client.createKey(name: "reader", scopes: [.read]).key)
            #expect(try await api.send("GET", path, key: reader).status == 200)
            let refused = try await api.send("POST", "\(path)/commands", #"{"command":"true"}"#, key: reader)
            #expect(refused.status == 403 && refused.code == "forbidden")
            #expect(try await api.send("GET", "/v1/keys", key: reader).status == 403)
        }
    }

    @Test func theSameIdempotencyKeyIsTheSameSandbox() async throws {
        try await withAPI { api in
            let headers = ["Idempotency-Key": "once"]
            async let one = api.send("POST", "/v1/sandboxes", #"{"persistent":true}"#, headers: headers)
            async let two = api.send("POST", "/v1/sandboxes", #"{ "persistent" : true }"#, headers: headers)
            let answers = try await [one, two]
            #expect(answers.map(\.status).sorted() == [200, 201])
            #expect(Set(answers.map { $0.json["id"] as? String }).count == 1)
            let other = try await api.send("POST", "/v1/sandboxes", #"{"persistent":false}"#, headers: headers)
            #expect(other.status == 409 && other.code == "idempotency_conflict")
            #expect(try api.runningBoxes == 1)
        }
    }

    @Test func secretsAreNowhereToBeRead() async throws {
        try await withAPI { api in
            let secret = "sk-\(UUID().uuidString)"
            let sandbox = try await api.sandbox { $0.env = ["TOKEN": secret] }
            // What a program writes is stored: it must not write the secret itself.
            #expect(try await api.shell("test $TOKEN = $(echo \(secret.dropLast()))\(secret.suffix(1)); echo $?", in: sandbox) == "0\n")
            #expect(try await !api.send("GET", "/v1/sandboxes/\(sandbox.id)").body.contains(secret))
            let found = try await Tool.run(
                "/bin/sh",
                // The boxes' file system is read where it is mounted; its image is as large as the disk, and nearly all holes.
                ["-c", "grep -rlaF --exclude=local.btrfs -e '\(secret)' '\(api.fleet.data)' || true"]
            )
            #expect(found.isEmpty, "\(found)")
        }
    }
}
