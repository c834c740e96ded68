import HTTPTypes
import Model
import Testing

@testable import Gateway

@Suite("Strict reading of requests")
struct StrictDecodingTests {
    private static let sandbox = "/v1/sandboxes/01hzzzzzzzzzzzzzzzzzzzzzzz"

    @Test(arguments: [
        (#"{"provider":1}"#, "invalid_request", "$.provider"),
        (#"{"provider":"local","imagee":"x"}"#, "unknown_field", "$.imagee"),
        (#"{"resources":{"cpu":1}}"#, "unknown_field", "$.resources.cpu"),
        (#"{"resources":{"vcpus":"2"}}"#, "invalid_request", "$.resources.vcpus"),
        (#"{"resources":{"memoryMb":0}}"#, "invalid_request", "$.resources.memoryMb"),
        (#"{"resources":[]}"#, "invalid_request", "$.resources"),
        (#"{"ports":[80,80]}"#, "invalid_request", "$.ports[1]"),
        (#"{"ports":[0]}"#, "invalid_request", "$.ports[0]"),
        (#"{"ports":[1.5]}"#, "invalid_request", "$.ports[0]"),
        (#"{"env":{"A=B":"x"}}"#, "invalid_request", "$.env"),
        (#"{"env":{"":"x"}}"#, "invalid_request", "$.env"),
        (#"{"env":{"A":"x\u0000"}}"#, "invalid_request", "$.env"),
        (#"{"env":{"A":1}}"#, "invalid_request", "$.env.A"),
        (#"{"timeoutMs":-1}"#, "invalid_request", "$.timeoutMs"),
        (#"{"persistent":"yes"}"#, "invalid_request", "$.persistent"),
        (#"{"networkPolicy":"some"}"#, "invalid_request", "$.networkPolicy"),
        (#"{"name":""}"#, "invalid_request", "$.name"),
        (#"{"reuse":true}"#, "invalid_request", "$.reuse"),
        (#"[1]"#, "invalid_request", "$"),
    ])
    func aCreateSaysWhichFieldIsWrong(_ body: String, _ code: String, _ field: String) async throws {
        let answer = try await TestGateway().send(.post, "/v1/sandboxes", body: body)
        #expect(answer.status == 400 && answer.code == code)
        #expect(answer.json["field"] == .string(field))
        #expect(answer.headers[.contentType] == "application/problem+json")
    }

    @Test(arguments: [
        (#"{}"#, "$.command"), (#"{"command":""}"#, "$.command"), (#"{"command":"a","args":"b"}"#, "$.args"),
        (#"{"command":"a","args":["b",1]}"#, "$.args[1]"), (#"{"command":"a","args":["\u0000"]}"#, "$.args[0]"),
        (#"{"command":"a\u0000b"}"#, "$.command"), (#"{"command":"a","stdinBase64":"!"}"#, "$.stdinBase64"),
        (#"{"command":"a","stdin":"x","stdinBase64":"eA=="}"#, "$.stdinBase64"),
        (#"{"command":"a","cwd":""}"#, "$.cwd"),
        (#"{"command":"a","timeoutMs":0}"#, "$.timeoutMs"), (#"{"command":"a","env":{"A":null}}"#, "$.env.A"),
        (#"{"command":"a","env":{"A=B":"x"}}"#, "$.env"), (#"{"command":"a","cwd":"/\u0000"}"#, "$.cwd"),
        (#"{"command":"a","kind":"nonsense"}"#, "$.kind"), (#"{"command":"a","kind":1}"#, "$.kind"),
        (#"{"command":"a","operationId":"a b"}"#, "$.operationId"), (#"{"command":"a","operationId":""}"#, "$.operationId"),
        (#"{"command":"a","metadata":{"a":"\u0000"}}"#, "$.metadata"), (#"{"command":"a","metadata":{"a":1}}"#, "$.metadata.a"),
        (#"{"command":"a","outputLimitBytes":0}"#, "$.outputLimitBytes"),
        (#"{"command":"a","onOutputLimit":"stop"}"#, "$.onOutputLimit"),
        (#"{"command":"a","webhook":{"url":"ftp://a/b","secret":"s"}}"#, "$.webhook.url"),
        (#"{"command":"a","webhook":{"url":"/x","secret":"s"}}"#, "$.webhook.url"),
        (#"{"command":"a","webhook":{"url":"http://a/"}}"#, "$.webhook.secret"),
    ])
    func aCommandSaysWhichFieldIsWrong(_ body: String, _ field: String) async throws {
        for path in ["commands", "processes"] {
            let answer = try await TestGateway().send(.post, "\(Self.sandbox)/\(path)", body: body)
            #expect(answer.status == 400 && answer.code == "invalid_request")
            #expect(answer.json["field"] == .string(field))
        }
    }

    @Test(arguments: [
        (#"{"command":"a","mode":"daemon"}"#, "$.mode"), (#"{"command":"a","pty":{"rows":0,"columns":80}}"#, "$.pty.rows"),
        (#"{"command":"a","pty":{"rows":1}}"#, "$.pty.columns"), (#"{"command":"a","pty":true}"#, "$.pty"),
        (#"{"command":"a","stdinOpen":1}"#, "$.stdinOpen"), (#"{"command":"a","timeoutMs":-1}"#, "$.timeoutMs"),
    ])
    func aStartSaysWhichFieldIsWrong(_ body: String, _ field: String) async throws {
        let answer = try await TestGateway().send(.post, "\(Self.sandbox)/processes", body: body)
        #expect(answer.status == 400 && answer.json["field"] == .string(field))
        // A command has no such fields at all.
        guard field != "$.timeoutMs" else { return }
        let command = try await TestGateway().send(.post, "\(Self.sandbox)/commands", body: body)
        #expect(command.status == 400 && command.code == "unknown_field")
    }

    @Test func whatTheKernelWouldNotTakeIsRefusedWithItsLimit() async throws {
        let gateway = try TestGateway { $0.jsonLimit = 8 << 20 }
        let longest = String(repeating: "x", count: 131_071)
        for (body, field, limit) in [
            (#"{"command":"\#(longest)x"}"#, "$.command", "131071"),
            (#"{"command":"a","args":["","\#(longest)x"]}"#, "$.args[1]", "131071"),
            (#"{"command":"a","env":{"A":"\#(longest)"}}"#, "$.env", "131071"),
            (#"{"command":"a","args":[\#(Array(repeating: "\"\(longest)\"", count: 16).joined(separator: ","))]}"#, "$.args", "2031616"),
        ] {
            let answer = try await gateway.send(.post, "\(Self.sandbox)/commands", body: body)
            #expect(answer.status == 400 && answer.json["field"] == .string(field))
            #expect(answer.json["details"]?["limitBytes"] == .string(limit))
        }
        // What is just within the limit gets as far as the bus, which is not there.
        let fits = try await gateway.send(.post, "\(Self.sandbox)/commands", body: #"{"command":"a","args":["\#(longest)"]}"#)
        #expect(fits.status == 503)
    }

    @Test func brokenJSONHasLineAndColumn() async throws {
        let answer = try await TestGateway().send(.post, "/v1/sandboxes", body: "{\n \"name\": }")
        #expect(answer.status == 400 && answer.code == "malformed_json")
        #expect(answer.json["line"] == "2" && answer.json["column"] == "10")
    }

    @Test func aBodyOverTheLimitIsRefused() async throws {
        let body = #"{"purpose":""# + String(repeating: "x", count: 70_000) + "\"}"
        let answer = try await TestGateway().send(.post, "/v1/sandboxes", body: body)
        #expect(answer.status == 413 && answer.code == "body_too_large")
    }

    @Test func anotherMediaTypeIsRefused() async throws {
        let gateway = try TestGateway()
        let wrong = try await gateway.send(.post, "/v1/sandboxes", headers: [.contentType: "text/plain"], body: "{}")
        #expect(wrong.status == 415 && wrong.code == "unsupported_media_type")
        let type = "Application/JSON; charset=utf-8"
        let right = try await gateway.send(.post, "/v1/sandboxes", headers: [.contentType: type], body: "[]")
        #expect(right.status == 400)
        for headers: HTTPFields in [
            [.contentEncoding: "gzip"], [.contentType: "application/json; charset=utf-16"],
            [.contentType: "application/json;charset=\"latin1\""],
        ] {
            let answer = try await gateway.send(.post, "/v1/sandboxes", headers: headers, body: "[]")
            #expect(answer.status == 415 && answer.code == "unsupported_media_type")
        }
        let wide = "{}".utf16.map { "\(Character(Unicode.Scalar(UInt8($0))))\0" }.joined()
        #expect(try await gateway.send(.post, "/v1/sandboxes", body: wide).status == 400)
    }

    @Test(arguments: [
        ("files?path=", "invalid_request"), ("files", "invalid_request"), ("files?path=/a/../../b", "invalid_path"),
        ("files?path=../../x", "invalid_path"), ("files?path=a%00b", "invalid_path"),
        ("files?path=%zz", "invalid_request"),
        ("files?path=%ff", "invalid_request"), ("files?path=a&path=b", "invalid_request"),
        ("files?path=a&x=1", "unknown_field"),
        ("dir?limit=0", "invalid_request"), ("dir?limit=ten", "invalid_request"),
    ])
    func aWrongQueryIsRefused(_ query: String, _ code: String) async throws {
        let answer = try await TestGateway().send(.get, "\(Self.sandbox)/\(query)")
        #expect(answer.status == 400 && answer.code == code)
    }

    @Test func pathsAreCheckedButNotChanged() throws {
        for path in ["/", "a", "a/../b", "../etc", "/a/./b//c", "..", "/a/.."] {
            #expect(try FilePath.checked(path) == path)
        }
        for path in ["", "/..", "../..", "a/../../..", "/a/../..", "\0", String(repeating: "a", count: 4097)] {
            #expect(throws: Fault.self) { try FilePath.checked(path) }
        }
    }

    @Test func whatIsNoFileIsNotReplacedByOne() async throws {
        for path in ["/dev/null", "/proc/1/mem", "/sys/x", "../dev/null", "/tmp/../dev//./full", "a/../../proc/x"] {
            let answer = try await TestGateway().send(.put, "\(Self.sandbox)/files?path=\(path)", body: "x")
            #expect(answer.status == 403 && answer.code == "permission_denied", "\(path)")
        }
        for path in ["dev/null", "/dev/shm/x", "/device", "/srv/dev/null"] {
            #expect(try FilePath.checkedTarget(path) == path)
        }
    }

    @Test func aQueryIsDecodedAsClientsWriteIt() throws {
        var query = try QueryReader("path=a+b%2Bc%C3%A9&flag=1&empty")
        #expect(query.string("path") == "a b+cé")
        #expect(try query.bool("flag") == true)
        #expect(query.string("empty") == "")
        try query.finish()
    }
}
