import FoundationEssentials
import HTTPTypes
import Model
import Store
import SwiftProtobuf
import Testing
import Wire

@testable import Gateway

@Suite("The OpenAPI document")
struct OpenAPITests {
    @Test func itDescribesEveryRouteWithItsScopeAndNoOther() throws {
        let contract = try Contract()
        guard case .object(let paths)? = contract.document["paths"] else {
            Issue.record("no paths")
            return
        }
        var described: [String: String] = [:]
        var names: Set<String> = []
        for path in paths {
            guard case .object(let operations) = path.value else { continue }
            for operation in operations {
                let scope = operation.value["x-scope"].map(Self.text) ?? "everybody"
                described["\(operation.name.uppercased()) \(path.name)"] = scope
                #expect(names.insert(Self.text(operation.value["operationId"] ?? .null)).inserted)
                #expect(operation.value["responses"]?["default"] != nil)
            }
        }
        var served: [String: String] = [:]
        for route in try TestGateway().gateway.table.routes {
            let scope = if case .scope(let scope) = route.access { scope.rawValue } else { "everybody" }
            served["\(route.method.rawValue) \(route.path)"] = scope
        }
        #expect(described == served)
    }

    @Test func everyReferenceLeadsSomewhere() throws {
        let contract = try Contract()
        var references: [String] = []
        Self.collect(contract.document, &references)
        #expect(references.count > 50)
        for reference in references { #expect(contract.resolve(reference) != nil, "\(reference)") }
        #expect(contract.document["openapi"] == "3.1.0")
    }

    @Test func itNamesEveryPathParameter() throws {
        guard case .object(let paths)? = try Contract().document["paths"] else {
            Issue.record("the document has no paths")
            return
        }
        for path in paths where path.name.contains("{id}") {
            guard case .object(let operations) = path.value else { continue }
            for operation in operations {
                guard case .array(let parameters)? = operation.value["parameters"] else {
                    Issue.record("\(path.name) has no parameters")
                    continue
                }
                #expect(parameters.contains { $0["name"] == "id" && $0["in"] == "path" })
            }
        }
    }

    @Test func whatIsShownConforms() throws {
        let contract = try Contract()
        let id = try #require(SandboxID("01hzzzzzzzzzzzzzzzzzzzzzzz"))
        var sandbox = SandboxView(
            id: id,
            provider: "local",
            status: .creating,
            spec: SandboxSpec(),
            persistent: true,
            createdAt: Date(),
            updatedAt: Date()
        )
        #expect(contract.violations(of: sandbox.json, against: "Sandbox") == [])
        sandbox.status = .error
        sandbox.error = ("provider_failed", "It failed.")
        sandbox.shutdownAt = Date(timeIntervalSince1970: 0)
        sandbox.timeoutMs = 5
        sandbox.spec = SandboxSpec(
            image: "i",
            resources: Resources(vcpus: 0.5, memoryMb: 8, diskMb: 2),
            networkPolicy: .full,
            ports: [80],
            purpose: "p"
        )
        #expect(contract.violations(of: sandbox.json, against: "Sandbox") == [])

        let result = WireCommandResult.with {
            $0.process = .with {
                $0.processID = "p"
                $0.status = .killed
                $0.signal = "KILL"
                $0.reason = "timeout"
                $0.stdoutBytes = 100
            }
            $0.stdout = Data([0x9F, 0x98, 0x80, 0x61, 0xFF, 0x00])
        }
        let view = CommandResultView(result).json
        #expect(contract.violations(of: view, against: "CommandResult") == [])
        #expect(view["stdout"] == "a\u{FFFD}\0" && view["truncated"] == true && view["exitCode"] == .null)

        let info = WireFileInfo.with {
            $0.path = "/a"
            $0.name = "a"
            $0.type = .symlink
            $0.mode = 0o644
            $0.modifiedAt = 1_500_000_000
            $0.target = "b"
            $0.sha256 = String(repeating: "0a", count: 32)
        }
        #expect(contract.violations(of: FileInfoView(info).json, against: "FileInfo") == [])
        #expect(FileInfoView(info).json["mode"] == "0644")

        let catalog = ProviderCatalog(
            served: ["local", "other", "silent"],
            descriptors: ProviderCatalogTests.descriptors,
            fallback: "local"
        )
        #expect(catalog.entries.count == ProviderCatalog.names.count + 2)
        for entry in catalog.entries {
            #expect(contract.violations(of: entry, against: "Provider") == [])
        }
    }

    private static func text(_ value: JSONValue) -> String { if case .string(let text) = value { text } else { "" } }

    private static func collect(_ value: JSONValue, _ references: inout [String]) {
        switch value {
        case .array(let values): for value in values { collect(value, &references) }
        case .object(let members):
            for member in members {
                if member.name == "$ref" {
                    references.append(text(member.value))
                } else {
                    collect(member.value, &references)
                }
            }
        default: break
        }
    }
}
