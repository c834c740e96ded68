import Model
import NIOCore
import ProviderKit

extension Check {
    static let files: [Check] = [
        Check("files: replaced at once, read, listed, removed") { bench in
            try await bench.withBox { box, _ in
                let contents = ByteBuffer(bytes: (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 2) })
                try await box.put(contents, at: "deep/er/file", mode: 0o750)
                try require(try await box.contents("deep/er/file") == contents, "other bytes came back")
                let info = try await box.stat("/workspace/deep/er/file")
                try require(info.size == 3_000_001 && info.mode == 0o750 && info.type == .file, "it is \(info)")
                let writer = try await box.write("deep/er/file", mode: nil)
                try await writer.write(ByteBuffer(string: "half"))
                try require(try await box.contents("deep/er/file") == contents, "half a file was seen")
                await writer.discard()
                try await box.makeDirectory("deep/empty")
                _ = try await box.run("ln -s er deep/link; touch 'deep/a b'")
                let first = try await box.list("deep", after: nil, limit: 3)
                let second = try await box.list("deep", after: first.nextCursor, limit: 3)
                let names = (first.entries + second.entries).map(\.name)
                try require(names == ["a b", "empty", "er", "link"] && second.nextCursor == nil, "listed \(names)")
                try await box.remove("deep", recursive: true)
                let kind = try await refusal(of: "a missing file") { _ = try await box.stat("deep") }
                try require(kind == .file(.fileNotFound), "a missing file is \(kind)")
            }
            return .holds
        }
    ]
}
