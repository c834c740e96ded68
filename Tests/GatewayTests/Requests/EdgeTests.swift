import HTTPTypes
import Model
import NIOConcurrencyHelpers
import Testing

@testable import Gateway
@testable import Store

@Suite("The edge")
struct EdgeTests {
    @Test func everyRouteAsksForItsScope() async throws {
        let test = try TestGateway()
        for route in test.gateway.table.routes {
            guard case .scope(let needed) = route.access else { continue }
            let path = route.path.replacing("{id}", with: "01hzzzzzzzzzzzzzzzzzzzzzzz")
            let stranger = try await test.send(route.method, path, key: nil)
            #expect(stranger.status == 401 && stranger.headers[.wwwAuthenticate] == "Bearer", "\(route.path)")
            let unknown = try await test.send(route.method, path, key: "guess")
            #expect(unknown.status == 401, "\(route.path)")
            for scope in Scope.allCases where scope < needed {
                let answer = try await test.send(route.method, path, key: scope.rawValue)
                #expect(answer.status == 403 && answer.code == "forbidden", "\(scope) \(route.path)")
            }
            let allowed = try await test.send(route.method, path, key: needed.rawValue)
            #expect(![401, 403].contains(allowed.status), "\(route.method) \(route.path)")
        }
    }

    @Test func aKeyMayComeInItsOwnHeader() async throws {
        let test = try TestGateway()
        let answer = try await test.send(.get, "/v1/providers", key: nil, headers: [.apiKey: "read"])
        #expect(answer.status == 503 && answer.code == "store_unavailable")
        let basic = try await test.send(.get, "/v1/providers", key: nil, headers: [.authorization: "Basic cmVhZA=="])
        #expect(basic.status == 401)
    }

    @Test func anUnknownRouteAndAWrongMethodAreProblems() async throws {
        let test = try TestGateway()
        let unknown = try await test.send(.get, "/v2/nothing", key: nil)
        #expect(unknown.status == 404 && unknown.code == "not_found")
        let wrong = try await test.send(.put, "/v1/sandboxes/01hzzzzzzzzzzzzzzzzzzzzzzz", key: nil)
        #expect(wrong.status == 405 && wrong.code == "method_not_allowed")
        #expect(wrong.headers[.allow] == "DELETE, GET, PATCH")
    }

    @Test func theRequestsNameIsKeptWhenItIsSane() async throws {
        let test = try TestGateway()
        let kept = try await test.send(.get, "/healthz", key: nil, headers: [.requestID: "abc-1.2:3_4"])
        #expect(kept.headers[.requestID] == "abc-1.2:3_4")
        for wrong in ["a b", "é", String(repeating: "x", count: 129)] {
            let answer = try await test.send(.get, "/nowhere", key: nil, headers: [.requestID: wrong])
            let name = try #require(answer.headers[.requestID])
            #expect(name != wrong && name.utf8.count == 26)
            #expect(answer.json["requestId"] == .string(name))
        }
    }

    @Test func anIDThatIsNoneIsNotFound() async throws {
        let answer = try await TestGateway().send(.get, "/v1/sandboxes/ABC")
        #expect(answer.status == 404 && answer.code == "sandbox_not_found")
    }

    @Test func readinessSaysWhatIsDown() async throws {
        let test = try TestGateway()
        let contract = try Contract()
        let ready = try await test.send(.get, "/readyz", key: nil)
        #expect(ready.status == 503)
        #expect(ready.json["checks"] == ["postgres": "down", "nats": "ok"])
        #expect(contract.violations(of: ready.json, against: "Readiness") == [])
        #expect(contract.violations(of: try await test.send(.get, "/healthz", key: nil).json, against: "Health") == [])
    }

    @Test func aVerifiedKeyIsRememberedAndForgotten() async throws {
        let asked = NIOLockedValueBox(0)
        let principal = Principal(key: ID.new(), workspace: ID.new(), scope: .admin)
        let authenticator = Authenticator { _ in
            asked.withLockedValue { $0 += 1 }
            return principal
        }
        let test = try TestGateway()
        let (request, context) = test.example(headers: [.apiKey: "k"])
        for _ in 0..<3 { _ = try await authenticator.admit(request, context, needing: .write) }
        #expect(asked.withLockedValue { $0 } == 1)
        authenticator.forget(principal.key)
        _ = try await authenticator.admit(request, context, needing: .write)
        #expect(asked.withLockedValue { $0 } == 2)
    }
}
