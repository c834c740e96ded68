import BoxClient
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

/// Paths that change their meaning while they are walked.
@Suite struct RootRaceTests {
    /// While somebody puts a link out in the place of a directory and back, and moves a directory up and down.
    @Test(.timeLimit(.minutes(2))) func noRaceLeadsOut() async throws {
        try await BoxFixture.withRoot { box, directory in
            let work = directory + "/inner"
            let files = FileManager.default
            for name in ["swap", "deep/moving"] {
                try files.createDirectory(atPath: "\(work)/\(name)", withIntermediateDirectories: true)
                try Data("inside".utf8).write(to: URL(fileURLWithPath: "\(work)/\(name)/file"))
            }
            try files.createSymbolicLink(atPath: work + "/link", withDestinationPath: "../outside")
            let swapper = try Swapper(work)
            let tallies: [Tally]
            do {
                defer { swapper.stop() }
                tallies = try await withThrowingTaskGroup(of: Tally.self) { group in
                    for attack in Attack.all {
                        group.addTask { try await attack.run(on: box) }
                    }
                    return try await group.reduce(into: [Tally]()) { $0.append($1) }
                }
            }
            print("RootRaceTests: \(swapper.count) swaps; \(tallies.map(\.description).joined(separator: ", "))")
            #expect(swapper.count > 1000)
        }
    }
}

/// A thread that changes what two paths mean, as fast as it can.
private final class Swapper: Sendable {
    private typealias Exchange =
        @convention(c) (
            Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
        ) -> Int32

    private struct State {
        var count = 0
        var isStopped = false
    }

    private let state = NIOLockedValueBox(State())

    init(_ work: String) throws {
        // In one step, so that there always is one of the two; the overlay of Glibc leaves the call out.
        let symbol = try #require(dlsym(nil, "renameat2"))
        let exchange = unsafeBitCast(symbol, to: Exchange.self)
        let state = state
        Thread.detachNewThread {
            while state.withLockedValue({ !$0.isStopped }) {
                let isSwapped = exchange(AT_FDCWD, work + "/swap", AT_FDCWD, work + "/link", 2) == 0
                rename(work + "/deep/moving", work + "/moving")
                sched_yield()
                rename(work + "/moving", work + "/deep/moving")
                if isSwapped {
                    state.withLockedValue { $0.count += 1 }
                }
            }
        }
    }

    var count: Int { state.withLockedValue(\.count) }

    func stop() {
        state.withLockedValue { $0.isStopped = true }
    }
}

/// How often something was done, and refused as leading out.
private struct Tally: Sendable, CustomStringConvertible {
    var name: String
    var done = 0
    var refused = 0

    var description: String { "\(name) \(done)/\(refused)" }
}

/// One way of trying to get out, again and again.
private struct Attack: Sendable {
    /// So often it has to be done, and to be refused: then it was a race.
    private static let enough = 50

    private static let harmless: [BoxError.Code] = [
        .outsideRoot, .notFound, .notDirectory, .invalid, .exists, .badWorkingDirectory, .notEmpty,
    ]

    var name: String
    var attempt: @Sendable (BoxConnection, Int) async throws -> Void

    func run(on box: BoxFixture) async throws -> Tally {
        let connection = try await box.connect()
        var tally = Tally(name: name)
        var round = 0
        while tally.done < Self.enough || tally.refused < Self.enough {
            round += 1
            do {
                try await attempt(connection, round)
                tally.done += 1
            } catch let error as BoxError {
                tally.refused += error.code == .outsideRoot ? 1 : 0
                try #require(Self.harmless.contains(error.code) || error.errno == EAGAIN, "\(name): \(error)")
            }
        }
        return tally
    }

    static let all: [Attack] = [
        Attack(name: "read") { connection, _ in
            let contents = try await connection.readFile("swap/file")
            #expect(contents == ByteBuffer(string: "inside"))
        },
        Attack(name: "read above") { connection, round in
            // From one place it leads to a file of the root, from the other one out.
            let path = round % 2 == 0 ? "moving/../../outside/secret" : "deep/moving/../../file"
            let contents = try await connection.readFile(path)
            #expect(contents == ByteBuffer(string: "inside"))
        },
        Attack(name: "list") { connection, _ in
            let listing = try await connection.list("swap")
            while let page = try await listing.next() {
                #expect(page.allSatisfy { $0.name != "secret" })
            }
        },
        Attack(name: "stat") { connection, round in
            _ = try await connection.stat(round % 2 == 0 ? "swap/file" : "swap/secret")
            #expect(round % 2 == 0)
        },
        Attack(name: "write") { connection, round in
            try await connection.writeFile("swap/write/\(round % 4)/file", ByteBuffer(string: "x"))
        },
        Attack(name: "remove") { connection, round in
            if round % 3 == 0 {
                try await connection.makeDirectory("swap/tree/sub/\(round)")
            } else {
                try await connection.remove(round % 3 == 1 ? "swap/tree" : "swap/write", recursive: true)
            }
        },
        Attack(name: "rename") { connection, round in
            try await connection.writeFile("mine", ByteBuffer(string: "x"))
            try await connection.rename("mine", to: "swap/mine")
        },
        Attack(name: "run") { connection, _ in
            let run = try await connection.run(.program("cat", "file", in: "swap"))
            #expect(run.exit.code != 0 || run.stdout == ByteBuffer(string: "inside"))
        },
    ]
}
