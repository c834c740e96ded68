import Testing

@testable import PostgresClient

struct ArrayLiteralTests {
    @Test(arguments: ["", "{", "{a", "{a}b", "{{a},{b}}", "a"])
    func refusesWhatIsNoFlatArray(literal: String) {
        #expect(ArrayLiteral.values(of: literal) == nil)
    }

    @Test func tellsNullFromItsName() {
        #expect(ArrayLiteral.values(of: #"{NULL,"NULL",a b,""}"#) == [nil, "NULL", "a b", ""])
        #expect(ArrayLiteral.values(of: "{}") == [])
        #expect(ArrayLiteral.text([nil, "NULL", #"a"\b"#]) == #"{NULL,"NULL","a\"\\b"}"#)
    }
}
