/// What the reply subject of a delivered message says about it.
struct DeliveryMetadata: Hashable {
    let stream: String
    let streamSequence: UInt64
    /// Counts this consumer's deliveries without a gap, from 1.
    let consumerSequence: UInt64

    /// Reads `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>`, or the longer form
    /// with domain and account hash after `ACK`.
    init?(reply: String?) {
        guard let tokens = reply?.split(separator: "."), tokens.count == 9 || tokens.count >= 11 else { return nil }
        let first = tokens.count == 9 ? 2 : 4
        guard
            tokens[0] == "$JS", tokens[1] == "ACK",
            let streamSequence = UInt64(tokens[first + 3]),
            let consumerSequence = UInt64(tokens[first + 4])
        else { return nil }
        stream = String(tokens[first])
        self.streamSequence = streamSequence
        self.consumerSequence = consumerSequence
    }
}
