import NIOCore
import Testing

@testable import NATSClient

@Suite
struct ValueTests {
    @Test func `a header block is read`() {
        let block = "NATS/1.0\r\nA: b: c\r\nA:d\r\nEmpty:\r\n\r\n"
        #expect(NATSHeaders(block: block.utf8)?.fields.map(\.value) == ["b: c", "d", ""])
        #expect(NATSHeaders(block: "HTTP/1.1 200\r\n\r\n".utf8) == nil)
        let headers: NATSHeaders = ["A": "b: c", "A": "d", "Empty": ""]
        #expect(headers.encodedLength == "NATS/1.0\r\nA: b: c\r\nA: d\r\nEmpty: \r\n\r\n".utf8.count)
    }

    @Test func `delivery metadata is read in both forms`() {
        let short = DeliveryMetadata(reply: "$JS.ACK.S.c.1.42.7.1700000000.3")
        #expect(short?.streamSequence == 42 && short?.consumerSequence == 7 && short?.stream == "S")
        let long = DeliveryMetadata(reply: "$JS.ACK.hub.acc.S.c.1.42.7.1700000000.3.tok")
        #expect(long == short)
        #expect(DeliveryMetadata(reply: "$JS.FC.S.c.x") == nil)
    }

    @Test func `the deadline heap gives the earliest first and forgets the swept`() {
        var heap = DeadlineHeap()
        let start = ContinuousClock.now
        for id in (0..<500 as Range<UInt64>).shuffled() {
            heap.push(DeadlineHeap.Entry(deadline: start + .seconds(Int(id)), id: id))
        }
        heap.keep { $0.isMultiple(of: 5) }
        var ids: [UInt64] = []
        while let earliest = heap.earliest {
            ids.append(earliest.id)
            heap.popEarliest()
        }
        #expect(ids == Array(stride(from: 0, to: 500, by: 5)))
    }

    @Test func `a mailbox hands over across tasks and honours cancellation`() async {
        let mailbox = Mailbox<Int>(limit: 2)
        for number in 1...4 { mailbox.send(number) }
        #expect(mailbox.droppedCount == 2)
        #expect(await mailbox.next() == 3)
        #expect(await mailbox.next() == 4)
        let reader = Task { await mailbox.next() }
        reader.cancel()
        #expect(await reader.value == nil)
        mailbox.send(5)
        mailbox.finish()
        mailbox.send(6)
        #expect(await mailbox.next() == 5)
        #expect(await mailbox.next() == nil)
    }

    @Test func `credentials never show their secrets`() {
        let all: [NATSCredentials] = [.user("u", password: "secret"), .jwt("secret", seed: "secret")]
        for credentials in all {
            #expect(!"\(credentials)".contains("secret"))
            #expect(!String(reflecting: credentials).contains("secret"))
        }
    }
}
