/// What the agent tells about itself.
package enum AgentVersion {
    /// Of the messages in `agent.proto`.
    package static let wire: UInt32 = 1
    package static let program = "0.1.0"
}
