import ProviderKit
import Testing

@Suite struct AccountProofTests {
    @Test func whatNothingHasShownIsNotProven() throws {
        let proof = AccountProof(account: "ours")
        #expect { try proof.confirm(nil) } throws: { ($0 as? DriverError)?.kind == .transient }
        try proof.see("ours")
        try proof.confirm(nil)
        #expect { try proof.confirm("theirs") } throws: { ($0 as? DriverError)?.kind == .unauthorized }
    }

    @Test func aListingThatShowsSomethingOfOursProves() throws {
        let proof = AccountProof(account: "ours")
        #expect(throws: Never.self) { try proof.confirm("ours") }
        #expect(throws: Never.self) { try proof.confirm(nil) }
    }

    @Test func otherCredentialsHaveShownNothingYet() throws {
        let proof = AccountProof(account: "ours")
        try proof.see("ours")
        proof.forget()
        #expect { try proof.confirm(nil) } throws: { ($0 as? DriverError)?.kind == .transient }
    }

    @Test(arguments: [DriverError.Kind.invalid, .unauthorized, .rateLimited(after: 3), .gone])
    func behindACreateNothingProvesThatThereIsNoBox(kind: DriverError.Kind) {
        #expect(DriverError(kind, "no").withBoxMade == DriverError(.transient, "no"))
    }

    @Test func whatIsNotKnownStaysSo() {
        #expect(DriverError(.timeout, "late").withBoxMade.kind == .timeout)
    }
}
