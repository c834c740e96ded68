import FoundationEssentials
import Testing

@testable import DockerDriver

@Suite struct PullProgressTests {
    /// As an engine says it.
    private static let lines = [
        #"{"status":"Pulling from library/debian","id":"12-slim"}"#,
        #"{"status":"Already exists","progressDetail":{},"id":"aaa"}"#,
        #"{"status":"Pulling fs layer","progressDetail":{},"id":"bbb"}"#,
        #"{"status":"Pulling fs layer","progressDetail":{},"id":"ccc"}"#,
        #"{"status":"Downloading","progressDetail":{"current":100,"total":1000},"progress":"[>  ]","id":"bbb"}"#,
        #"{"status":"Downloading","progressDetail":{"current":40,"total":50},"id":"ccc"}"#,
        #"{"status":"Download complete","progressDetail":{},"id":"ccc"}"#,
        #"{"status":"Pull complete","progressDetail":{},"id":"ccc"}"#,
        #"{"status":"Digest: sha256:0123"}"#,
    ]

    @Test func layersAndBytesAreCounted() throws {
        var progress = PullProgress()
        for line in Self.lines { progress.note(try JSONDecoder().decode(PullDocument.self, from: Data(line.utf8))) }
        #expect(progress.layersKnown == 3)
        #expect(progress.layersDone == 2)
        #expect(progress.downloaded == 150)
        #expect(progress.size == 1_050)
    }
}
