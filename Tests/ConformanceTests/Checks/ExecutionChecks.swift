import Crypto
import Foundation
import NIOCore
import ProviderKit

extension Check {
    static let execution: [Check] = [
        Check("commands, with exit codes and signals from wait statuses") { bench in
            try await bench.withBox(environment: ["GIVEN": "to all"]) { box, _ in
                let result = try await box.run("echo \"$GIVEN\"; echo wrong >&2; exit 41")
                try require(result.text == "to all\n" && String(buffer: result.error) == "wrong\n", "lost output")
                try require(result.exit.code == 41 && result.exit.signal == nil, "exit \(result.exit)")
                let killed = try await box.run("kill -9 $$").exit
                try require(killed.signal == 9 && killed.code == nil, "a signal's end is told as \(killed)")
                let kind = try await refusal(of: "a program that is not there") {
                    _ = try await box.start(BoxCommand(id: "missing", arguments: ["/no/such/program"]))
                }
                guard case .startFailed = kind else { throw Broken("a missing program is \(kind)") }
            }
            return .holds
        },
        Check("output while it runs") { bench in
            try await bench.withBox { box, _ in
                let process = try await box.start(.script("echo first; mkfifo gate; read x < gate; echo $x"))
                try await process.readThrough("first\n")
                _ = try await box.run("until [ -p gate ]; do :; done; echo second > gate")
                try await process.readThrough("second\n")
            }
            return .holds
        },
        Check("input, in pieces and at offsets") { bench in
            try await bench.withBox { box, _ in
                let process = try await box.start(.script("wc -c; echo done") { $0.stdin = .open(ByteBuffer()) })
                let piece = ByteBuffer(string: "hello ")
                let first = try await process.append(piece, at: 0, end: false, within: .seconds(30))
                let again = try await process.append(piece, at: 0, end: false, within: .seconds(30))
                try require(first.offset == 6 && again.offset == 6, "a repeat was taken twice")
                let last = try await process.append(
                    ByteBuffer(string: "world"),
                    at: 6,
                    end: true,
                    within: .seconds(30)
                )
                try require(last.offset == 11 && last.hasEnded, "input ended at \(last)")
                let words = try await process.result().text.split(whereSeparator: \.isWhitespace)
                try require(words == ["11", "done"], "the program read \(words)")
            }
            return .holds
        },
        Check("signals, and kills of the whole tree") { bench in
            try await bench.withBox { box, _ in
                let script = "trap 'echo caught; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
                let process = try await box.start(.script(script))
                try await process.readThrough("ready\n")
                try await process.signal(15)
                let result = try await process.result()
                try require(result.exit.code == 5, "the trap ended with \(result.exit)")
                let tree = try await box.start(.script("(setsid sleep 4321 &) ; sleep 4321 & echo ready; wait"))
                try await tree.readThrough("ready\n")
                try await tree.kill(grace: .milliseconds(100))
                let left = try await box.run("cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 432[1]'")
                try require(left.text == "0\n", "\(left.text) of the tree are left")
            }
            return .holds
        },
        Check("terminals") { bench in
            try await bench.withBox { box, _ in
                let command = BoxCommand.script("stty size; read x; stty size; test -t 0 && echo terminal") {
                    $0.terminal = BoxCommand.Terminal(rows: 30, columns: 100)
                }
                let process = try await box.start(command)
                try await process.readThrough("30 100")
                try await process.resize(rows: 40, columns: 120)
                try await process.write(ByteBuffer(string: "\n"))
                try await process.readThrough("terminal")
            }
            return .holds
        },
        Check("50 MB of output, every byte") { bench in
            try await bench.withBox { box, _ in
                let count = 50_000_000
                let script = "head -c \(count) /dev/urandom > big; cat big"
                let output = try await box.start(.script(script)).result().output
                try require(output.readableBytes == count, "\(output.readableBytes) bytes came")
                let there = try await box.run("sha256sum < big").text.split(separator: " ")
                let digest = SHA256.hash(data: Data(output.readableBytesView))
                    .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                try require(there.first.map(String.init) == digest.joined(), "the bytes differ")
            }
            return .holds
        },
        Check("50 commands at once, each with its own output and end") { bench in
            try await bench.withBox { box, _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<50 {
                        group.addTask {
                            let result = try await box.run("echo \(number); echo \(number) >&2; exit \(number)")
                            let told = (result.text, String(buffer: result.error), result.exit.code)
                            try require(
                                told == ("\(number)\n", "\(number)\n", Int32(number)),
                                "command \(number) is told as \(told)"
                            )
                        }
                    }
                    try await group.waitForAll()
                }
            }
            return .holds
        },
        Check("a cancelled call leaves the box well") { bench in
            try await bench.withBox { box, _ in
                let process = try await box.start(.script("echo on; sleep 1000"))
                try await process.readThrough("on\n")
                let waiting = Task { try await process.next() }
                waiting.cancel()
                _ = await waiting.result
                let starting = Task { try await box.start(.script("true")) }
                starting.cancel()
                _ = await starting.result
                try require(try await box.run("echo well").text == "well\n", "the box does not answer as before")
                try await process.kill(grace: .zero)
            }
            return .holds
        },
    ]
}
