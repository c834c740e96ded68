import CurlTransport
import Foundation
import NIOCore
import ProviderHTTP
import ProviderKit
import Testing

@Suite
struct MultipartTests {
    private struct Received: Decodable, Equatable, Sendable {
        let name: String
        let filename: String?
        let size: Int
    }

    @Test(arguments: [false, true])
    func aFormIsUnderstoodByAnother(streamed: Bool) async throws {
        try await ProviderFixture.with { fixture in
            let block = ByteBuffer(repeating: 0x61, count: 100_000)
            let upload = HTTPTransportUpload(length: 300_000) { write in for _ in 0..<3 { try await write(block) } }
            let content: MultipartForm.Part.Content = streamed ? .stream(upload) : .bytes(block)
            let form = MultipartForm([
                .init("files[0].path", "/tmp/a"), .init("files[0].file", filename: "/tmp/\"a\"", content),
                .init("a\r\nX-Evil: 1\r\n\r\nb", .bytes(ByteBuffer())),
            ])
            let call = ProviderCall("upload", "POST", "/upload", body: .form(form), repeatability: .idempotentByKey)
            let parts = try await fixture.client.json(call, as: [Received].self)
            #expect(
                parts == [
                    Received(name: "files[0].path", filename: nil, size: 6),
                    Received(name: "files[0].file", filename: "/tmp/%22a%22", size: streamed ? 300_000 : 100_000),
                    Received(name: "a%0D%0AX-Evil: 1%0D%0A%0D%0Ab", filename: nil, size: 0),
                ]
            )
        }
    }

    @Test func partsOfAnAnswer() async throws {
        try await ProviderFixture.with { fixture in
            let call = ProviderCall("download", "POST", "/download/1000000", repeatability: .safe)
            let parts = try await fixture.client.parts(call)
            var files: [String] = []
            var sizes: [Int] = []
            var ends = 0
            while let event = try await parts.next() {
                switch event {
                case .part(let headers):
                    files.append("\(headers.disposition("name") ?? "-") \(headers.disposition("filename") ?? "-")")
                    sizes.append(0)
                case .bytes(let bytes): sizes[sizes.count - 1] += bytes.readableBytes
                case .partEnd: ends += 1
                case .end: Issue.record("the end is nil")
                }
            }
            #expect(files == ["file /a b", "file /empty", "error /c"])
            #expect(sizes == [50_000 * 25, 0, 18])
            #expect(ends == 3)
        }
    }

    @Test func halfAFormIsNoForm() async throws {
        try await ProviderFixture.with { fixture in
            let parts = try await fixture.client.parts(ProviderCall("download", "POST", "/download/0", repeatability: .safe))
            let error = await #expect(throws: DriverError.self) { while try await parts.next() != nil {} }
            #expect(error?.kind == .transient)
            let call = ProviderCall("download", "GET", "/echo", repeatability: .safe)
            await #expect(throws: DriverError.self) { _ = try await fixture.client.parts(call) }
        }
    }

    /// Wherever the pieces are cut, the parts are the same.
    @Test func everyCutOfAForm() throws {
        let text = "x\r\n--b\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\none\r\n--\r\n--c\r\n--b  \r\n\r\n\r\n--b--\r\n"
        let bytes = ByteBuffer(string: text)
        for cut in 0...bytes.readableBytes {
            var parser = try #require(MultipartParser(contentType: "multipart/form-data; boundary=b"))
            var contents: [String] = []
            var ended = false
            for piece in [(0, cut), (cut, bytes.readableBytes - cut)] {
                parser.feed(try #require(bytes.getSlice(at: piece.0, length: piece.1)))
                while !ended, let event = try parser.next() {
                    switch event {
                    case .part: contents.append("")
                    case .bytes(let bytes): contents[contents.count - 1] += String(buffer: bytes)
                    case .partEnd: contents[contents.count - 1] += "$"
                    case .end: ended = true
                    }
                }
            }
            #expect(ended && contents.count == 2 && contents.last == "$", "\(cut): \(contents)")
        }
    }
}
