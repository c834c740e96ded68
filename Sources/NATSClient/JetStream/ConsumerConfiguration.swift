/// An ephemeral push consumer without acknowledgements, which the server paces by flow control.
struct ConsumerRequest: Encodable, Sendable {
    let stream: String
    let config: ConsumerConfiguration

    private enum CodingKeys: String, CodingKey {
        case stream = "stream_name"
        case config
    }
}

struct ConsumerConfiguration: Encodable, Sendable {
    let deliverSubject: String
    let filterSubject: String
    let startSequence: UInt64
    /// Nanoseconds.
    let idleHeartbeat: Int64
    let deliverPolicy = "by_start_sequence"
    let ackPolicy = "none"
    let replayPolicy = "instant"
    let maximumDeliveries = 1
    let flowControl = true
    let memoryStorage = true
    let replicas = 1

    private enum CodingKeys: String, CodingKey {
        case deliverSubject = "deliver_subject"
        case filterSubject = "filter_subject"
        case startSequence = "opt_start_seq"
        case idleHeartbeat = "idle_heartbeat"
        case deliverPolicy = "deliver_policy"
        case ackPolicy = "ack_policy"
        case replayPolicy = "replay_policy"
        case maximumDeliveries = "max_deliver"
        case flowControl = "flow_control"
        case memoryStorage = "mem_storage"
        case replicas = "num_replicas"
    }
}

struct ConsumerCreated: Decodable {
    let name: String
}
