import ProviderKit
import Testing

@Suite
struct SecretTests {
    private struct Holder {
        let name = "vercel"
        let token = Secret("hunter22")
        let others: [String: Secret] = ["a": Secret("hunter22")]
    }

    @Test func doesNotPrint() {
        let secret = Secret("hunter22")
        var text = "\(secret) \(String(describing: secret)) \(String(reflecting: secret)) \(Holder()) \([secret])"
        debugPrint(secret, Holder(), terminator: "", to: &text)
        dump(secret, to: &text)
        dump(Holder(), to: &text)
        dump(DriverError(.unauthorized, "\(secret)"), to: &text)
        for child in Mirror(reflecting: secret).children { text += "\(child)" }
        #expect(!text.contains("hunter"), "\(text)")
        #expect(text.contains("<secret>"))
        #expect(secret.reveal() == "hunter22")
        #expect(secret == Secret("hunter22") && secret != Secret("hunter23"))
    }

    @Test func isTakenOutOfOthersWords() {
        let redaction = Redaction([Secret("hunter22"), Secret("hunter22-long"), Secret("ab")])
        #expect(redaction("bad token hunter22-long, or hunter22") == "bad token <secret>, or <secret>")
        // Two letters are part of any word.
        #expect(redaction("about\tthe\r\nabbey\0") == "about the abbey")
        let long = redaction(String(repeating: "x", count: 10_000))
        #expect(long.count == 301 && long.hasSuffix("…"))
        // One that is cut off by the limit is still taken out.
        #expect(!redaction(String(repeating: "y", count: 296) + "hunter22").contains("hunt"))
    }
}
