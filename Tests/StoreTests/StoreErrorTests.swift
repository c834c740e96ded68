import Model
import PostgresClient
import Testing

@testable import Store

@Suite struct StoreErrorTests {
    /// What a trouble of the database is called decides whether somebody may ask again, and whether it may have been done.
    @Test(arguments: [
        (PostgresError.Code.connectionFailed, FaultCode.storeUnavailable), (.poolTimeout, .storeUnavailable),
        (.closed, .storeUnavailable), (.connectionLost, .outcomeUnknown), (.encode, .invalidRequest),
        (.decode, .internal), (.server(sqlState: "57P03"), .storeUnavailable),
        (.server(sqlState: "57014"), .storeUnavailable), (.server(sqlState: "53300"), .storeUnavailable),
        (.server(sqlState: "40P01"), .storeUnavailable), (.server(sqlState: "25006"), .storeUnavailable),
        (.server(sqlState: "22021"), .invalidRequest), (.server(sqlState: "42601"), .internal),
    ])
    func aTroubleIsToldAsWhatItIs(_ trouble: PostgresError.Code, _ told: FaultCode) {
        #expect(StoreError(PostgresError(trouble, "test")).fault.code == told)
    }
}
