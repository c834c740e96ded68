import NATSIdentity
import Testing

struct KeyTests {
    @Test(arguments: KeyKind.allCases)
    func aKeyKnowsItsTextAndItsSignatures(_ kind: KeyKind) throws {
        let key = NKey.generate(kind)
        let again = try #require(NKey(seed: key.seed))
        #expect(again.kind == kind && again.publicKey == key.publicKey && again.seed == key.seed)
        #expect(key.seed.hasPrefix("S" + kind.rawValue) && key.seed.count == 58)
        #expect(key.publicKey.text.hasPrefix(kind.rawValue) && key.publicKey.text.count == 56)
        #expect(NKeyPublic(key.publicKey.text) == key.publicKey)
        let signature = try again.sign(Array("message".utf8))
        #expect(key.publicKey.verify(signature, of: Array("message".utf8)))
        #expect(!key.publicKey.verify(signature, of: Array("massage".utf8)))
        #expect(!NKey.generate(kind).publicKey.verify(signature, of: Array("message".utf8)))
    }

    @Test func whatIsMistypedIsNoKey() {
        let key = NKey.generate(.user)
        #expect(NKeyPublic(key.seed) == nil && NKey(seed: key.publicKey.text) == nil)
        for text in [key.seed, key.publicKey.text] {
            for index in text.indices {
                var wrong = text
                wrong.replaceSubrange(index...index, with: text[index] == "A" ? "B" : "A")
                #expect(NKey(seed: wrong) == nil && NKeyPublic(wrong) == nil, "\(wrong)")
            }
            for wrong in ["", "U", String(text.dropLast()), text + "A", text.lowercased(), text + "\n"] {
                #expect(NKey(seed: wrong) == nil && NKeyPublic(wrong) == nil, "\(wrong)")
            }
        }
    }

    @Test func aSeedIsNotPrinted() {
        let key = NKey.generate(.account)
        #expect("\(key)" == key.publicKey.text && !String(reflecting: key).contains(key.seed))
    }
}
