/// A stream as the server has it.
package struct StreamInfo: Sendable, Decodable {
    package struct State: Sendable, Decodable {
        package let messages: UInt64
        package let bytes: UInt64
        package let firstSequence: UInt64
        package let lastSequence: UInt64
        package let consumerCount: Int

        private enum CodingKeys: String, CodingKey {
            case messages
            case bytes
            case firstSequence = "first_seq"
            case lastSequence = "last_seq"
            case consumerCount = "consumer_count"
        }
    }

    package let config: StreamConfiguration
    package let state: State
}
