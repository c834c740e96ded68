import Bus
import FleetTesting
import HTTPTypes
import Model
import NIOConcurrencyHelpers
import NIOCore
import SwiftProtobuf
import Testing
import Wire

@testable import Gateway

/// `/v1/sandboxes/{id}/export` and `/import`, over a real bus to a worker that the test plays.
@Suite("Workspaces in and out", .timeLimit(.minutes(2)))
struct WorkspaceTests {
    @Test func anExportIsWhatTheOwnerSendsHoweverLong() async throws {
        try await WorkspaceOwner.with { owner, gateway in
            let archive = [UInt8](repeating: 7, count: 9 << 20) + [1, 2, 3]
            owner.play { request, tunnel in
                guard case .exportWorkspace = request.operation else { throw Fault(.invalidRequest, "not an export") }
                Task {
                    try await tunnel.send(ByteBuffer(bytes: archive))
                    try await tunnel.finish()
                }
            }
            let answer = try await gateway.send(.get, "\(owner.path)/export", key: "read")
            try #require(answer.status == 200, "\(answer.json)")
            // Nobody wants to be shown where megabytes differ, and to find it takes minutes.
            let isTheSame = answer.body == archive
            #expect(answer.headers[.contentType] == "application/zstd" && isTheSame)
            let refused = try await gateway.send(.get, "\(owner.path)/export?format=zip")
            #expect(refused.status == 400 && refused.code == "unknown_field", "\(refused.json)")
        }
    }

    @Test func anExportThatBreaksOffIsNoWholeAnswer() async throws {
        try await WorkspaceOwner.with { owner, gateway in
            owner.play { _, tunnel in
                Task {
                    try await tunnel.send(ByteBuffer(bytes: [UInt8](repeating: 7, count: 100_000)))
                    tunnel.reset(Fault(.draining, "The sandbox is being stopped."))
                }
            }
            await #expect(throws: (any Error).self) { try await gateway.send(.get, "\(owner.path)/export") }
            owner.play { _, _ in throw Fault(.fileNotFound, "There is no workspace.") }
            let refused = try await gateway.send(.get, "\(owner.path)/export")
            #expect(refused.status == 404 && refused.code == "file_not_found")
        }
    }

    @Test func anImportReachesTheOwnerAsItIs() async throws {
        try await WorkspaceOwner.with { owner, gateway in
            let text = String(repeating: "archive", count: 500_000)
            for (query, replaces) in [("", false), ("?replace=true", true), ("?replace=false", false)] {
                let got = NIOLockedValueBox<(replaces: Bool, bytes: [UInt8])?>(nil)
                owner.play { request, tunnel in
                    guard case .importWorkspace(let incoming) = request.operation else {
                        throw Fault(.invalidRequest, "not an import")
                    }
                    var bytes: [UInt8] = []
                    while let (_, piece) = try await tunnel.next() { bytes += Array(buffer: piece) }
                    let all = bytes
                    got.withLockedValue { $0 = (incoming.replace, all) }
                }
                let headers: HTTPFields = [.contentType: "application/zstd"]
                let answer = try await gateway.send(.post, "\(owner.path)/import\(query)", headers: headers, body: text)
                #expect(answer.status == 200 && answer.json["bytes"] == .integer(Int64(text.utf8.count)), "\(answer.json)")
                #expect(got.withLockedValue { $0?.replaces } == replaces)
                #expect(got.withLockedValue { $0?.bytes } == Array(text.utf8))
            }
        }
    }

    @Test func whatTheOwnerRefusesTheCallerIsTold() async throws {
        try await WorkspaceOwner.with { owner, gateway in
            owner.play { _, tunnel in
                _ = try await tunnel.next()
                throw Fault(.archiveInvalid, "The archive was refused. An entry leads outside.")
            }
            let refused = try await gateway.send(.post, "\(owner.path)/import", body: String(repeating: "x", count: 200_000))
            #expect(refused.code == "archive_invalid" && (400..<500).contains(refused.status), "\(refused.json)")
            // Neither asks the owner.
            let asked = owner.asked
            let headers: HTTPFields = [.contentType: "application/zip"]
            let type = try await gateway.send(.post, "\(owner.path)/import", headers: headers, body: "x")
            #expect(type.status == 415 && type.code == "unsupported_media_type")
            let scope = try await gateway.send(.post, "\(owner.path)/import", key: "read", body: "x")
            #expect(scope.status == 403)
            #expect(owner.asked == asked)
        }
    }
}
